package io.espejo.micrometer;

import io.espejo.Espejo;
import io.espejo.exchange.CopyDestination;
import io.espejo.exchange.Outcome.Reason;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * What an {@link Espejo} counts, as meters of Micrometer; {@code docs/metrics.md} lists them.
 *
 * <p>They are read when the registry is, so nothing happens on a request's way. Tags name what the
 * rules name, never what a request brings; the meters of a destination go when the rules no longer
 * name it. Only this class needs Micrometer. The registry keeps no {@link Espejo} alive; {@link
 * #close} takes all meters out again.
 *
 * <pre>{@code
 * EspejoMetrics metrics = new EspejoMetrics(espejo);
 * metrics.bindTo(registry);
 * }</pre>
 */
public final class EspejoMetrics implements MeterBinder, AutoCloseable {
  private static final int LEAST_STATUS_CLASS = 2;
  private static final int GREATEST_STATUS_CLASS = 9;

  private final Espejo espejo;
  private final Tags tags;
  private final Runnable onRules = this::refresh;

  // Guarded by this.
  private final List<Binding> bindings = new ArrayList<>();

  /** The meters of {@code espejo}, without further tags. */
  public EspejoMetrics(Espejo espejo) {
    this(espejo, List.of());
  }

  /** The meters of {@code espejo}, each with these tags, too. */
  public EspejoMetrics(Espejo espejo, Iterable<Tag> tags) {
    this.espejo = espejo;
    this.tags = Tags.of(tags);
  }

  @Override
  public synchronized void bindTo(MeterRegistry registry) {
    if (bindings.isEmpty()) {
      espejo.addRulesListener(onRules);
    }
    Binding binding = new Binding(registry);
    bindings.add(binding);
    binding.bind();
    binding.refresh();
  }

  private synchronized void refresh() {
    bindings.forEach(Binding::refresh);
  }

  /** Removes the meters from every registry. */
  @Override
  public synchronized void close() {
    espejo.removeRulesListener(onRules);
    bindings.forEach(Binding::remove);
    bindings.clear();
  }

  /** The meters in one registry. */
  private final class Binding {
    private final MeterRegistry registry;
    private final List<Meter> common = new ArrayList<>();
    private final Map<CopyDestination, List<Meter>> byDestination = new HashMap<>();

    Binding(MeterRegistry registry) {
      this.registry = registry;
    }

    void bind() {
      gauge("espejo.mirroring.enabled", "1 while new copies are sent", e -> e.mirroring() ? 1 : 0);
      common.add(
          Gauge.builder("espejo.copies.memory.used", espejo, Espejo::copyMemoryBytes)
              .description("Memory that copies hold")
              .baseUnit(BaseUnits.BYTES)
              .tags(tags)
              .register(registry));
      common.add(
          Gauge.builder("espejo.copies.memory.max", espejo, Espejo::maxCopyMemoryBytes)
              .description("Memory that copies may hold")
              .baseUnit(BaseUnits.BYTES)
              .tags(tags)
              .register(registry));
      gauge("espejo.requests.active", "Requests that are with v1", Espejo::activeRequests);
      common.add(
          Gauge.builder("espejo.buffers.used", espejo, Espejo::lentBuffers)
              .description("Buffers that hold parts of bodies, of 16 KiB each")
              .baseUnit(BaseUnits.BUFFERS)
              .tags(tags)
              .register(registry));
      for (String event : espejo.primaryCounts().byName().keySet()) {
        counter(
            "espejo.primary.events",
            "What happened on the way to v1",
            Tags.of("event", event),
            e -> e.primaryCounts().byName().getOrDefault(event, 0L));
      }
      counter(
          "espejo.rules.changes", "Sets of rules", Tags.of("result", "taken"), Espejo::rulesTaken);
      counter(
          "espejo.rules.changes",
          "Sets of rules",
          Tags.of("result", "refused"),
          Espejo::rulesRefused);
      gauge(
          "espejo.rules.current",
          "0 while a newer set of rules is refused",
          e -> e.rulesCurrent() ? 1 : 0);
      counter(
          "espejo.events.lost",
          "Outcomes that the listener did not hear of",
          Tags.empty(),
          Espejo::lostEvents);
    }

    private void gauge(String name, String description, ToDoubleFunction<Espejo> value) {
      common.add(
          Gauge.builder(name, espejo, value)
              .description(description)
              .tags(tags)
              .register(registry));
    }

    private void counter(
        String name, String description, Tags more, ToDoubleFunction<Espejo> value) {
      common.add(
          FunctionCounter.builder(name, espejo, value)
              .description(description)
              .tags(tags.and(more))
              .register(registry));
    }

    /** Brings the meters of destinations in line with the rules; a replaced one counts on. */
    void refresh() {
      Set<CopyDestination> now = Set.copyOf(espejo.destinations());
      byDestination
          .entrySet()
          .removeIf(
              entry -> {
                boolean gone = !now.contains(entry.getKey());
                if (gone) {
                  entry.getValue().forEach(registry::remove);
                }
                return gone;
              });
      now.forEach(destination -> byDestination.computeIfAbsent(destination, this::meters));
    }

    private List<Meter> meters(CopyDestination destination) {
      List<Meter> meters = new ArrayList<>();
      Tags named = tags.and("destination", destination.name());
      meters.add(
          Gauge.builder("espejo.copies.active", destination, d -> d.counts().inFlight())
              .description("Copies on their way")
              .tags(named)
              .register(registry));
      meters.add(
          Gauge.builder("espejo.copies.paused", destination, d -> d.paused() ? 1 : 0)
              .description("1 while copies are held back after failures in a row")
              .tags(named)
              .register(registry));
      meters.add(copies(destination, named, "sampled_out", "none", d -> d.counts().sampledOut()));
      for (Reason reason : Reason.values()) {
        String name = reason.name().toLowerCase(Locale.ROOT);
        meters.add(copies(destination, named, "dropped", name, d -> d.counts().dropped(reason)));
        meters.add(copies(destination, named, "failed", name, d -> d.counts().failed(reason)));
      }
      for (int digit = LEAST_STATUS_CLASS; digit <= GREATEST_STATUS_CLASS; digit++) {
        int statusClass = digit;
        meters.add(
            copies(
                destination,
                named,
                "completed",
                digit + "xx",
                d -> d.counts().completed(statusClass)));
      }
      return meters;
    }

    private Meter copies(
        CopyDestination destination,
        Tags named,
        String outcome,
        String reason,
        ToDoubleFunction<CopyDestination> value) {
      return FunctionCounter.builder("espejo.copies", destination, value)
          .description("Copies that came to their end")
          .tags(named.and("outcome", outcome, "reason", reason))
          .register(registry);
    }

    void remove() {
      common.forEach(registry::remove);
      byDestination.values().forEach(meters -> meters.forEach(registry::remove));
    }
  }
}
