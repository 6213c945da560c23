"""The commonest claims of German, French and Spanish replies, said in English.

Invariant: only a whole sentence of a known form is said otherwise; denials, wishes, conditions and questions
have no such form.
"""

import re
from collections.abc import Callable

from assistant.agent.facts.words import LOOSE_PATH

Rewrite = tuple[str, Callable[[re.Match[str]], str]]
"""A pattern of whole sentences, whatever the case of their letters, and what such a sentence says."""
_VERBS = {
    "created": "erstellt|angelegt|geschrieben|erzeugt|gespeichert|abgelegt|"
    "cr[eé]{1,2}(?:e?s?)|[eé]crit(?:e?s?)|enregistr[eé](?:e?s?)|"
    "creado|escrito|guardado|generado|creada|guardada",
    "changed": "geändert|aktualisiert|bearbeitet|angepasst|behoben|korrigiert|repariert|ersetzt|überarbeitet|"
    "modifi[eé](?:e?s?)|mis(?:e?s?) à jour|corrig[eé](?:e?s?)|remplac[eé](?:e?s?)|"
    "actualizado|modificado|cambiado|corregido|"
    "arreglado|reemplazado|actualizada|modificada",
    "deleted": "gelöscht|entfernt|supprim[eé](?:e?s?)|effac[eé](?:e?s?)|eliminado|borrado|eliminada|borrada",
    "renamed": "umbenannt|verschoben|renomm[eé](?:e?s?)|renombrado|movido",
    "run": (
        "ausgeführt|gestartet|laufen lassen|lanc[eé](?:e?s?)|ex[eé]cut[eé](?:e?s?)|ejecutado|lanzado|corrido"
    ),
    "installed": "installiert|install[eé](?:e?s?)|instalado|instalada",
    "committed": "committet|commit[eé](?:e?s?)|commiteado",
    "read": "gelesen|angesehen|lu(?:e?s?)|le[ií]do",
}
_VERB = "|".join(_VERBS.values())
_NUMBERS = {
    word: str(number)
    for number, words in enumerate(
        [
            "null|zéro|cero",
            "ein|eine|einen|un|une|una|uno",
            "zwei|deux|dos",
            "drei|trois|tres",
            "vier|quatre|cuatro",
            "fünf|cinq|cinco",
            "sechs|six|seis",
            "sieben|sept|siete",
            "acht|huit|ocho",
            "neun|neuf|nueve",
            "zehn|dix|diez",
            "elf|onze|once",
            "zwölf|douze|doce",
        ]
    )
    for word in words.split("|")
}
_NUMBER = rf"(?:\d+|{'|'.join(_NUMBERS)})"
_OBJECT = (
    r"(?!.*\b(?:nicht|kein\w*|nichts|nie|pas|rien|ne|no|nada|nunca|wenn|falls|"
    r"sobald|si|quand|cuando)\b)(?P<what>[^,;?]*?)"
)
_GOOD = (
    r"(?:alle\s+)?(?:grün|erfolgreich\w*|bestanden|durchgelaufen|in ordnung|ok|"
    r"verts?|réussis?|bons?|passés?|verdes?|exitosas?)"
)


def _english(verb: str) -> str:
    return next(english for english, words in _VERBS.items() if re.fullmatch(words, verb, re.IGNORECASE))


def _number(word: str) -> str:
    return _NUMBERS.get(word.lower(), word)


def _said(what: str) -> str:
    """An object or a subject with its numbers, files, lines and tests in English."""
    what = re.sub(
        (rf"\b{_NUMBER}\b(?=\s+(?:zeilen?|lignes?|l[ií]neas?|dateien|fichiers|archivos|" r"tests?|pruebas))"),
        lambda one: _number(one[0]),
        what,
        flags=re.IGNORECASE,
    )
    for foreign, english in (
        (r"\b(?:zeilen?|lignes?|l[ií]neas?)\b", "lines"),
        (r"\b(?:dateien|fichiers|archivos|ficheros)\b", "files"),
        (r"\b(?:die datei|le fichier|el archivo|el fichero|datei|fichier|archivo)\b", "the file"),
        (r"\b(?:die tests?|les tests?|las pruebas|los tests?|tests|pruebas)\b", "the tests"),
        (r"\b(?:der fehler|l'erreur|le bogue|el error|den fehler)\b", "the bug"),
        (r"\b(?:und|et|y)\b", "and"),
        (r"\b(?:mit|avec|con)\b", "with"),
    ):
        what = re.sub(foreign, english, what, flags=re.IGNORECASE)
    return what.strip()


def _did(match: re.Match[str]) -> str:
    verb = _english(match["verb"])
    return f"I {'ran' if verb == 'run' else verb} {_said(match['what'])}."


def _was(match: re.Match[str]) -> str:
    what, verb = _said(match["what"]), _english(match["verb"])
    if verb in ("run", "read"):
        return f"I {'ran' if verb == 'run' else 'read'} {what}."
    return f"{what or 'The file'} has been {verb}."


FOREIGN: list[Rewrite] = [
    (
        r"(?:der|le|el)\s+(?:server|serveur|servidor)\s+(?:läuft|est|está)(?:\s+(?:jetzt|nun|maintenant|ahora))?"
        r"(?:\s+(?:démarré|lancé|en marche|en marcha|corriendo|iniciado))?",
        lambda _: "I started the server.",
    ),
    (rf"(?:lo|la)\s+he\s+(?P<verb>{_VERB})", lambda one: f"I {_english(one['verb'])} it."),
    (
        rf"(?P<path>{LOOSE_PATH}|(?:le\s+)?fichier|(?:el\s+)?archivo)\s+(?:est\s+)?(?P<verb>{_VERB})",
        lambda one: f"{_said(one['path'])} has been {_english(one['verb'])}.",
    ),
    (rf"(?:ich habe|wir haben|habe)\s+{_OBJECT}\s*(?P<verb>{_VERB})(?:,\s*(?P<rest>.*))?", _did),
    (rf"(?:j'ai|nous avons|he|hemos)\s+(?P<verb>{_VERB})\s+{_OBJECT}(?:,\s*(?P<rest>.*))?", _did),
    (
        rf"{_OBJECT}\s+(?:wurden?|ist|sind)\s+(?:erfolgreich\s+|nun\s+|jetzt\s+|"
        rf"soeben\s+)*(?P<verb>{_VERB})",
        _was,
    ),
    (
        rf"{_OBJECT}\s+(?:a|ont|ha|han)\s+(?:bien\s+)?(?:été|"
        rf"sido)\s+(?P<verb>{_VERB})(?:\s+avec succès|\s+con éxito)?",
        _was,
    ),
    (rf"se han?\s+(?P<verb>{_VERB})\s+{_OBJECT}", _was),
    (
        rf"(?:modification|création|suppression)\s+(?P<verb>effectuée|réussie|terminée)(?:\s+(?:dans|de)\s+(?P<path>{LOOSE_PATH}))?",
        lambda one: f"{one['path'] or 'The file'} has been changed.",
    ),
    (
        rf"{_OBJECT}\s+(?:steht|stehen|befinde[nt] sich|se trouvent?|est|sont|está|"
        r"están)\s+(?:jetzt|nun|maintenant|ahora)\s+"
        rf"(?:in|dans|en)\s+(?P<path>\S+?)",
        lambda one: f"{one['path']} has been written.",
    ),
    (
        rf"(?P<path>{LOOSE_PATH})\s+(?:hat|enthält|a|contient|tiene|contiene)\s+(?P<n>{_NUMBER})\s+(?:zeilen?|lignes?|l[ií]neas?)",
        lambda one: f"{one['path']} has {_number(one['n'])} lines.",
    ),
    (
        rf"(?:alle|die)\s+(?:\w+\s+)?tests?\s+(?:sind|laufen|liefen|waren)\s+(?:alle\s+|nun\s+|jetzt\s+)?{_GOOD}(?:\s+{_GOOD})*",
        lambda _: "All tests passed.",
    ),
    (
        r"(?:tous\s+)?les tests\s+(?:passent|réussissent|sont (?:tous )?(?:passés|verts|"
        r"réussis)|ont réussi)(?: tous)?",
        lambda _: "All tests passed.",
    ),
    (
        r"(?:todas\s+)?(?:las pruebas|los tests)\s+(?:pasan|pasaron|han pasado|"
        r"están en verde|fueron exitosas)",
        lambda _: "All tests passed.",
    ),
    (
        rf"(?P<n>{_NUMBER})\s+tests?\s+(?:ist|sind|war|waren)\s+(?:fehlgeschlagen|rot)|(?P<o>{_NUMBER})\s+tests?\s+(?:ont?|a)\s+échoué|"
        rf"(?P<p>{_NUMBER})\s+(?:pruebas?|tests?)\s+(?:fallaron|falló|han fallado)",
        lambda one: f"{_number(one['n'] or one['o'] or one['p'])} tests failed.",
    ),
    (
        rf"(?P<n>{_NUMBER})\s+tests?\s+(?:sind|waren)\s+(?:grün|bestanden)|"
        rf"(?P<o>{_NUMBER})\s+(?:tests|pruebas)\s+(?:sont passés|pasaron|pasan)",
        lambda one: f"{_number(one['n'] or one['o'])} tests passed.",
    ),
]
