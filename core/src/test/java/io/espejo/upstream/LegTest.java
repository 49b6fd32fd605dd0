package io.espejo.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.espejo.upstream.ClusterSpec.ConnectionPool;
import io.espejo.upstream.ClusterSpec.Protocol;
import io.espejo.upstream.ClusterSpec.Resolution;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LegTest extends UpstreamFixture {
  private static final ClusterSpec HTTP2 =
      new ClusterSpec(
          "http2",
          List.of(),
          Resolution.STATIC,
          Protocol.HTTP2,
          new Balancing.LeastRequest(),
          ConnectionPool.DEFAULT,
          Optional.empty(),
          Optional.empty());

  @Test
  void wire_thatRulesDropAndWantAgain_isNoSecondOne() {
    Wire first = leg().wire(HTTP2);
    int threads = leg().threads().getMaxThreads();
    for (int i = 0; i < 10; i++) {
      leg().release(first);
      assertThat(leg().wire(HTTP2)).isSameAs(first);
    }

    assertThat(leg().threads().getMaxThreads()).isEqualTo(threads);
    leg().release(first);
  }
}
