package io.espejo.config;

import io.espejo.route.Faults;
import io.espejo.route.Faults.Abort;
import io.espejo.route.Faults.Delay;
import io.espejo.route.Share;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reading of {@code fault}; as in Istio, without a percentage nothing goes wrong. */
final class FaultReader {
  private static final int PARTS_PER_PERCENT = 10_000;
  private static final BigDecimal SMALLEST = new BigDecimal("0.0001");
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** By its number. */
  private static final List<String> GRPC =
      List.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  private FaultReader() {}

  static Optional<Faults> read(Fields route) {
    return route.take("fault").flatMap(Value::fields).map(FaultReader::faults);
  }

  private static Faults faults(Fields fields) {
    if (!fields.hasAny("delay", "abort")) {
      fields.owner().error("no fault (expected: delay or abort)");
    }
    Optional<Delay> delay = fields.take("delay").flatMap(Value::fields).flatMap(FaultReader::delay);
    Optional<Abort> abort = fields.take("abort").flatMap(Value::fields).flatMap(FaultReader::abort);
    fields.end();
    return new Faults(delay, abort);
  }

  private static Optional<Delay> delay(Fields fields) {
    Optional<Share> percent = fields.take("percent").flatMap(FaultReader::deprecated);
    Share share =
        fields.take("percentage").map(FaultReader::share).or(() -> percent).orElse(Share.NONE);
    if (!fields.hasAny("fixedDelay", "exponentialDelay")) {
      fields.owner().warn("no fixedDelay, so nothing is delayed");
    }
    Optional<Duration> fixed = fields.take("fixedDelay").flatMap(Durations::read);
    fields.notCarriedOut("exponentialDelay");
    fields.end();
    return fixed.map(duration -> new Delay(duration, share));
  }

  private static Optional<Abort> abort(Fields fields) {
    Share share = fields.take("percentage").map(FaultReader::share).orElse(Share.NONE);
    Optional<Value> http = fields.take("httpStatus");
    Optional<Value> grpc = fields.take("grpcStatus");
    if (http.isPresent() && grpc.isPresent()) {
      fields.owner().error("grpcStatus beside httpStatus (expected: one of them)");
    } else if (http.isEmpty() && grpc.isEmpty() && !fields.hasAny("http2Error")) {
      fields.owner().warn("no httpStatus and no grpcStatus, so nothing is aborted");
    }
    fields.notCarriedOut("http2Error");
    fields.end();
    Optional<Abort> byGrpc =
        grpc.flatMap(FaultReader::grpcStatus)
            .map(status -> new Abort(200, OptionalInt.of(status), share));
    return http.flatMap(value -> value.integer(200, 600))
        .map(status -> new Abort(status, OptionalInt.empty(), share))
        .or(() -> byGrpc);
  }

  private static Optional<Integer> grpcStatus(Value value) {
    Optional<String> name = value.text();
    int status = name.map(GRPC::indexOf).orElse(-1);
    if (name.isPresent() && status < 0) {
      value.refuse("a status of gRPC, such as NOT_FOUND");
    }
    return status < 0 ? Optional.empty() : Optional.of(status);
  }

  private static Optional<Share> deprecated(Value percent) {
    percent.warn("deprecated (expected: percentage)");
    Optional<Integer> number = percent.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
    if (number.filter(n -> n < 0 || n > 100).isPresent()) {
      // Istio does not look at it, and Envoy reads it without a sign: more than all.
      percent.warn(percent.shown() + " is taken for 100, as Envoy takes it (expected: 0..100)");
      return Optional.of(Share.ALL);
    }
    return number.map(n -> new Share(n * PARTS_PER_PERCENT));
  }

  private static Share share(Value percentage) {
    Optional<Value> value =
        percentage
            .fields()
            .flatMap(
                fields -> {
                  Optional<Value> found = fields.take("value");
                  fields.end();
                  return found;
                });
    return value
        .flatMap(v -> v.decimal("0, or 0.0001..100"))
        .filter(number -> inRange(value.get(), number))
        .map(n -> new Share(n.movePointRight(4).setScale(0, RoundingMode.DOWN).intValueExact()))
        .orElse(Share.NONE);
  }

  private static boolean inRange(Value value, BigDecimal number) {
    boolean fits =
        number.signum() == 0 || (number.compareTo(SMALLEST) >= 0 && number.compareTo(HUNDRED) <= 0);
    if (!fits) {
      value.refuse("0, or 0.0001..100");
    }
    return fits;
  }
}
