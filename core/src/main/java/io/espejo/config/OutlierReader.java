package io.espejo.config;

import io.espejo.upstream.ClusterSpec.OutlierDetection;
import java.time.Duration;
import java.util.Optional;

/** Reading of {@code outlierDetection}, with the defaults that Istio and Envoy give it together. */
final class OutlierReader {
  private static final int IN_A_ROW = 5;
  private static final Duration INTERVAL = Duration.ofSeconds(10);
  private static final Duration BASE_EJECTION_TIME = Duration.ofSeconds(30);
  private static final int MAX_EJECTION_PERCENT = 10;

  private OutlierReader() {}

  static Optional<OutlierDetection> read(Value value) {
    return value.fields().map(OutlierReader::read);
  }

  private static OutlierDetection read(Fields fields) {
    fields
        .take("consecutiveErrors")
        .flatMap(value -> value.integer(0, Integer.MAX_VALUE).map(n -> value))
        .ifPresent(
            value ->
                value.warn(
                    "deprecated, and without effect (expected: consecutive5xxErrors or"
                        + " consecutiveGatewayErrors)"));
    boolean split =
        fields.take("splitExternalLocalOriginErrors").flatMap(Value::flag).orElse(false);
    Optional<Value> localFailures = fields.take("consecutiveLocalOriginFailures");
    int local = localFailures.flatMap(Value::count).orElse(0);
    if (local > 0 && !split) {
      localFailures.get().error("without splitExternalLocalOriginErrors (expected: both)");
    }
    int percent = percent(fields, "maxEjectionPercent");
    OutlierDetection rule =
        new OutlierDetection(
            fields.take("consecutive5xxErrors").flatMap(Value::count).orElse(IN_A_ROW),
            fields.take("consecutiveGatewayErrors").flatMap(Value::count).orElse(0),
            split ? (local == 0 ? IN_A_ROW : local) : 0,
            fields.take("interval").flatMap(Durations::read).orElse(INTERVAL),
            fields.take("baseEjectionTime").flatMap(Durations::read).orElse(BASE_EJECTION_TIME),
            percent == 0 ? MAX_EJECTION_PERCENT : percent,
            percent(fields, "minHealthPercent"));
    fields.notCarriedOut("outlierDetectionHttpErrorCodes");
    fields.end();
    return rule;
  }

  private static int percent(Fields fields, String name) {
    return fields.take(name).flatMap(value -> value.integer(0, 100)).orElse(0);
  }
}
