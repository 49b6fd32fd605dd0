package io.espejo;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.route.Forward;
import io.espejo.route.Route;
import io.espejo.route.WeightedCluster;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
  @Test
  void forward_beforeAndAfterItsWay_isShownForAccessLogs() {
    WeightedCluster v1 = new WeightedCluster("v1", 1);
    Forward action = Forward.to(List.of(v1), List.of());
    Verdict.Forward verdict =
        new Verdict.Forward(Snapshot.EMPTY, new Route("all", List.of(), action), action, v1, "/");
    assertThat(verdict).hasToString("route=all cluster=- endpoint=- copies=0/0");
    verdict.forwarded("an id of a client's", "v1");
    verdict.copied(3, 2);
    assertThat(verdict).hasToString("route=all cluster=v1 endpoint=- copies=2/3");
    assertThat(verdict.requestId()).isEqualTo("an id of a client's");
  }
}
