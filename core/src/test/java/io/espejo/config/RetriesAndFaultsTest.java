package io.espejo.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Faults;
import io.espejo.route.Faults.Abort;
import io.espejo.route.Faults.Delay;
import io.espejo.route.Forward;
import io.espejo.route.RetryOn;
import io.espejo.route.RetryPolicy;
import io.espejo.route.Route;
import io.espejo.route.Share;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows {@code timeout}, {@code retries} and {@code fault} of Istio's HTTPRoute. */
class RetriesAndFaultsTest {
  @Test
  void timeout_absent_isNone() throws RulesException {
    assertThat(forward("").timeout()).isZero();
  }

  @Test
  void timeout_given_isTaken() throws RulesException {
    assertThat(forward("timeout: 1.5s").timeout()).isEqualTo(Duration.ofMillis(1500));
    assertThat(forward("timeout: 1ms").timeout()).isEqualTo(Duration.ofMillis(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0s", "999us", "1.5ms", "-1s", "5", "soon"})
  void timeout_lessThanOrFinerThanAMillisecond_isRefused(String text) {
    assertRefused("timeout: " + text, "spec.http[0].timeout: " + text);
    assertRefused(
        "retries: {attempts: 1, perTryTimeout: " + text + "}", "retries.perTryTimeout: " + text);
    assertRefused("retries: {attempts: 1, backoff: " + text + "}", "retries.backoff: " + text);
    assertRefused("fault: {delay: {fixedDelay: " + text + "}}", "delay.fixedDelay: " + text);
  }

  @Test
  void retries_absent_areIstiosDefault() throws RulesException {
    assertThat(forward("").retries()).isEqualTo(RetryPolicy.ISTIO_DEFAULT);
    assertThat(forward("").retries().statuses()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{attempts: 0}", "{}"})
  void retries_withoutAttempts_areNone(String retries) throws RulesException {
    assertThat(forward("retries: " + retries).retries()).isEqualTo(RetryPolicy.NONE);
  }

  @Test
  void retries_ofAttemptsOnly_keepIstiosConditions() throws RulesException {
    RetryPolicy policy = forward("retries: {attempts: 5}").retries();

    assertThat(policy.attempts()).isEqualTo(5);
    assertThat(policy.on()).isEqualTo(RetryPolicy.ISTIO_DEFAULT.on());
    assertThat(policy.otherEndpointsOnly()).isTrue();
  }

  @Test
  void retries_ofAllFields_areTaken() throws RulesException {
    RetryPolicy policy =
        forward(
                "retries: {attempts: 3, perTryTimeout: 2s, retryOn: 'reset,503,unavailable',"
                    + " retryIgnorePreviousHosts: false, retryRemoteLocalities: true,"
                    + " backoff: 50ms}")
            .retries();

    assertThat(policy.perTryTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(policy.on())
        .containsExactlyInAnyOrder(
            RetryOn.RESET, RetryOn.UNAVAILABLE, RetryOn.RETRIABLE_STATUS_CODES);
    assertThat(policy.statuses()).containsExactly(503);
    assertThat(policy.backoff()).isEqualTo(Duration.ofMillis(50));
    assertThat(policy.otherEndpointsOnly()).isFalse();
  }

  @Test
  void retryOn_everyName_isAccepted() throws RulesException {
    for (RetryOn condition : RetryOn.values()) {
      assertThat(
              forward("retries: {attempts: 1, retryOn: " + condition.word() + "}").retries().on())
          .containsExactly(condition);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"never", "5xx, reset", "5xx,", "999", "599", "306"})
  void retryOn_unknown_isRefused(String on) {
    assertRefused("retries: {attempts: 1, retryOn: '" + on + "'}", "spec.http[0].retries.retryOn");
  }

  @Test
  void attempts_negative_isRefused() {
    assertRefused("retries: {attempts: -1}", "spec.http[0].retries.attempts: -1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"perTryTimeout: 1s", "retryOn: 5xx", "retryRemoteLocalities: true"})
  void attempts_zeroWithOtherFields_isRefused(String field) {
    assertRefused("retries: {attempts: 0, " + field + "}", "spec.http[0].retries: a policy with 0");
  }

  @Test
  void fault_absent_isNone() throws RulesException {
    assertThat(route("").faults()).isEqualTo(Faults.NONE);
  }

  @Test
  void fault_ofBoth_isTaken() throws RulesException {
    Faults faults =
        route(
                "fault: {delay: {fixedDelay: 5s, percentage: {value: 0.1}}, abort: {httpStatus:"
                    + " 400, percentage: {value: 50}}}")
            .faults();

    assertThat(faults.delay()).contains(new Delay(Duration.ofSeconds(5), new Share(1000)));
    assertThat(faults.abort()).contains(new Abort(400, OptionalInt.empty(), new Share(500_000)));
  }

  @Test
  void fault_withoutPercentage_isNever() throws RulesException {
    Faults faults =
        route("fault: {delay: {fixedDelay: 5s}, abort: {httpStatus: 400, percentage: {}}}")
            .faults();

    assertThat(faults.delay().orElseThrow().share()).isEqualTo(Share.NONE);
    assertThat(faults.abort().orElseThrow().share()).isEqualTo(Share.NONE);
  }

  @Test
  void delay_deprecatedPercent_isTakenUnlessThereIsAPercentage() throws RulesException {
    assertThat(route("fault: {delay: {fixedDelay: 5s, percent: 7}}").faults().delay())
        .contains(new Delay(Duration.ofSeconds(5), new Share(70_000)));
    assertThat(
            route("fault: {delay: {fixedDelay: 5s, percent: 7, percentage: {value: 0}}}")
                .faults()
                .delay())
        .contains(new Delay(Duration.ofSeconds(5), Share.NONE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "101", "-2147483648"})
  void delay_deprecatedPercentOutOfRange_isAlwaysMetAndWarnedOf(String percent) throws Exception {
    String fault = "fault: {delay: {fixedDelay: 5s, percent: " + percent + "}}";
    assertThat(route(fault).faults().delay().orElseThrow().share()).isEqualTo(Share.ALL);
    assertThat(Texts.warnings(Texts.route(fault)))
        .anyMatch(line -> line.contains(percent + " is taken for 100"));
  }

  @Test
  void abort_grpcStatus_isTaken() throws RulesException {
    assertThat(route("fault: {abort: {grpcStatus: UNAVAILABLE}}").faults().abort())
        .contains(new Abort(200, OptionalInt.of(14), Share.NONE));
  }

  @Test
  void abort_statusEdges_areAccepted() throws RulesException {
    assertThat(route("fault: {abort: {httpStatus: 200}}").faults().abort()).isPresent();
    assertThat(route("fault: {abort: {httpStatus: 600}}").faults().abort()).isPresent();
  }

  @Test
  void fault_wrong_isRefused() {
    assertRefused("fault: {}", "spec.http[0].fault: no fault");
    assertRefused("fault: {abort: {httpStatus: 199}}", "abort.httpStatus: 199");
    assertRefused("fault: {abort: {httpStatus: 601}}", "abort.httpStatus: 601");
    assertRefused("fault: {abort: {grpcStatus: OOPS}}", "abort.grpcStatus: OOPS");
    assertRefused("fault: {abort: {http2Error: X}}", "abort.http2Error: not carried out");
    assertRefused("fault: {abort: {httpStatus: 400, grpcStatus: OK}}", "grpcStatus beside");
    assertRefused("fault: {delay: {exponentialDelay: 5s}}", "delay.exponentialDelay: not carried");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "100.1", "0.00005"})
  void percentage_outOfRange_isRefused(String value) {
    assertRefused(
        "fault: {abort: {httpStatus: 400, percentage: {value: " + value + "}}}",
        "abort.percentage.value: " + value);
    assertRefused(
        "fault: {delay: {fixedDelay: 1s, percentage: {value: " + value + "}}}",
        "delay.percentage.value: " + value);
  }

  @Test
  void fault_withoutKind_isWarnedOf() throws RulesException {
    assertThat(Texts.warnings(Texts.route("fault: {abort: {percentage: {value: 1}}}")))
        .anyMatch(line -> line.contains("nothing is aborted"));
    assertThat(Texts.warnings(Texts.route("fault: {delay: {percentage: {value: 1}}}")))
        .anyMatch(line -> line.contains("nothing is delayed"));
  }

  private static void assertRefused(String fields, String problem) {
    assertThat(Texts.refusal(Texts.route(fields)))
        .as(fields)
        .anyMatch(line -> line.contains(problem) && line.startsWith("a.yaml:"));
  }

  private static Forward forward(String fields) throws RulesException {
    return Texts.forward(route(fields));
  }

  private static Route route(String fields) throws RulesException {
    return Texts.compileWithHttpbin(Texts.route(fields))
        .routes()
        .virtualHost("httpbin")
        .orElseThrow()
        .routes()
        .get(0);
  }
}
