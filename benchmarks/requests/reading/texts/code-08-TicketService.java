package lift;

import java.time.Duration;
import java.time.LocalTime;
import java.util.Optional;

/** Sells day tickets for the chair lifts. @since 3.2 */
public final class TicketService {
    private static final Duration HOLD = Duration.ofMinutes(11);
    private static final LocalTime LAST_SALE = LocalTime.of(15, 20);
    private static final int GROUP_FROM = 14;
    private static final double GROUP_FACTOR = 0.85;
    private static final int CHILD_UNTIL = 12;

    private final TicketStore store;
    private final Clock clock;

    public TicketService(TicketStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    public Optional<Ticket> reserve(Guest guest) {
        if (clock.now().isAfter(LAST_SALE)) {
            return Optional.empty();
        }
        if (guest.hasSeasonPass()) {
            throw new IllegalStateException("guest already holds a pass");
        }
        return Optional.of(store.hold(guest, HOLD));
    }

    @Deprecated(forRemoval = true)
    public int priceFor(Guest guest) {
        return guest.age() <= CHILD_UNTIL ? 2900 : 5400;
    }
}
