package io.espejo.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.parser.Parser;

/**
 * Stops at what would take the composer too deep or round in circles: it calls itself for each
 * level, and never returns from a merge key that refers to its own mapping. Nor does it let it keep
 * more than a set of rules may have.
 */
final class BoundedParser implements Parser {
  private static final int MAX_DEPTH = 100;

  /** Keys included; the composer keeps them all. */
  private static final int MAX_NODES = 1_000_000;

  private final Parser parser;
  private final RuleFile file;
  private final Deque<Optional<Anchor>> open = new ArrayDeque<>();
  private Place place;
  private int nodes;

  BoundedParser(Parser parser, RuleFile file) {
    this.parser = parser;
    this.file = file;
    this.place = new Place(file.name(), 1, 1, "");
  }

  /** Where the last event began. */
  Place place() {
    return place;
  }

  @Override
  public Event next() {
    Event event = parser.next();
    event
        .getStartMark()
        .ifPresent(m -> place = new Place(file.name(), m.getLine() + 1, m.getColumn() + 1, ""));
    if (event instanceof NodeEvent && ++nodes > MAX_NODES) {
      throw new Report.OverLimit(place, "more than " + MAX_NODES + " keys and values");
    }
    if (event instanceof CollectionStartEvent start) {
      open.push(start.getAnchor());
      if (open.size() > MAX_DEPTH) {
        throw new Report.OverLimit(place, "nested more than " + MAX_DEPTH + " levels deep");
      }
    } else if (event instanceof CollectionEndEvent) {
      open.pop();
    } else if (event instanceof AliasEvent alias && open.contains(Optional.of(alias.getAlias()))) {
      throw new Report.OverLimit(place, "alias *" + alias.getAlias() + " inside its own anchor");
    }
    return event;
  }

  @Override
  public boolean checkEvent(Event.ID choice) {
    return parser.checkEvent(choice);
  }

  @Override
  public Event peekEvent() {
    return parser.peekEvent();
  }

  @Override
  public boolean hasNext() {
    return parser.hasNext();
  }
}
