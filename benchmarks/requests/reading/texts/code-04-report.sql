-- Overdue loans per branch, for the Monday mail (asked for by Mrs Adeyemi)
WITH grace AS (
    SELECT id, 3 AS days FROM member_kind WHERE code = 'ADULT'
    UNION ALL
    SELECT id, 10 FROM member_kind WHERE code = 'SCHOOL'
    UNION ALL
    SELECT id, 21 FROM member_kind WHERE code = 'HOME'
),
late AS (
    SELECT l.id, l.branch_id, l.member_id,
           CURRENT_DATE - l.due_on AS days_late
    FROM loan l
    JOIN member m ON m.id = l.member_id
    JOIN grace g ON g.id = m.kind_id
    WHERE l.returned_on IS NULL
      AND CURRENT_DATE > l.due_on + g.days
      AND m.blocked = FALSE
)
SELECT b.name AS branch,
       COUNT(*) AS items,
       MAX(days_late) AS worst,
       SUM(LEAST(days_late * 0.20, 8.00)) AS fines
FROM late
JOIN branch b ON b.id = late.branch_id
WHERE b.closed_on IS NULL
GROUP BY b.name
HAVING COUNT(*) >= 5
ORDER BY worst DESC
LIMIT 40;
