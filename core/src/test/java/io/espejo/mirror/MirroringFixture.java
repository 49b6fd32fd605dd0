package io.espejo.mirror;

import io.espejo.Settings;
import io.espejo.exchange.BodyChunk;
import io.espejo.exchange.DownstreamRequest;
import io.espejo.exchange.Headers;
import io.espejo.exchange.MirrorListener;
import io.espejo.exchange.Outcome.Reason;
import io.espejo.exchange.OutcomeCounts;
import io.espejo.route.ShadowRules;
import io.espejo.testkit.RecordingOrigin;
import io.espejo.testkit.TestBed;
import io.espejo.upstream.Cluster;
import io.espejo.upstream.ClusterSpec;
import io.espejo.upstream.ClusterSpec.EndpointSpec;
import io.espejo.upstream.Leg;
import io.espejo.upstream.RequestHead;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Copies to an origin, admitted by the test itself, so that it has v1's part. */
abstract class MirroringFixture {
  static final String V2 = "outbound|80|v2|httpbin";

  @RegisterExtension final TestBed bed = new TestBed();

  RecordingOrigin v2;
  Leg leg;
  Mirroring mirroring;
  MirrorDestination destination;

  @BeforeEach
  void startOrigin() throws IOException {
    v2 = bed.origin("v2");
  }

  /** With these settings, by name and value; by the documented defaults else. */
  void start(String... settings) {
    start(MirrorListener.NONE, settings);
  }

  void start(MirrorListener listener, String... settings) {
    Map<String, String> named = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      named.put(settings[i], settings[i + 1]);
    }
    Settings read = Settings.from(name -> Optional.ofNullable(named.get(name)));
    leg =
        Leg.start(
            new Leg.Settings(
                "shadow",
                8,
                read.shadowConnectTimeout(),
                Duration.ofMillis(500),
                Duration.ZERO,
                read.shadowMaxConnections(),
                read.shadow().maxInFlight(),
                Integer.MAX_VALUE));
    Mirroring started = new Mirroring(leg, read.shadow(), listener);
    mirroring = started;
    bed.afterwards(() -> started.close(Duration.ZERO));
    destination = destination(v2.port());
  }

  MirrorDestination destination(int port) {
    ClusterSpec spec = ClusterSpec.of(V2, List.of(new EndpointSpec("127.0.0.1", port, 1)));
    return mirroring.destination(V2, Optional.of(new Cluster(spec, leg)), Optional.empty());
  }

  Optional<Shadow> admit(RequestHead head, ShadowRules rules) {
    return mirroring.admit(destination, "route", head, rules, Duration.ZERO);
  }

  Optional<Shadow> admit(RequestHead head) {
    return admit(head, ShadowRules.ISTIO);
  }

  /** A copy that the bounds allow, and that has begun. */
  Shadow send(RequestHead head) {
    Shadow shadow = admit(head).orElseThrow();
    shadow.start();
    return shadow;
  }

  OutcomeCounts settled() {
    TestBed.await("no copy in flight", () -> mirroring.counts().inFlight() == 0);
    return mirroring.counts();
  }

  long dropped(Reason reason) {
    return mirroring.counts().dropped(reason);
  }

  static RequestHead get() {
    return head("GET", Headers.EMPTY);
  }

  static RequestHead post(long length) {
    return head("POST", Headers.builder().add("Content-Length", Long.toString(length)).build());
  }

  static RequestHead chunked() {
    return head("POST", Headers.builder().add("Transfer-Encoding", "chunked").build());
  }

  static RequestHead head(String method, Headers headers) {
    return RequestHead.primary(new Request(method, headers), "/").shadow("v2", "test");
  }

  static BodyChunk chunk(int length) {
    return BodyChunk.of(new byte[length], false);
  }

  private record Request(String method, Headers headers) implements DownstreamRequest {
    @Override
    public String scheme() {
      return "http";
    }

    @Override
    public String authority() {
      return "httpbin";
    }

    @Override
    public String path() {
      return "/";
    }

    @Override
    public Optional<String> query() {
      return Optional.empty();
    }

    @Override
    public String peerAddress() {
      return "192.0.2.1";
    }

    @Override
    public String protocol() {
      return "HTTP/1.1";
    }
  }
}
