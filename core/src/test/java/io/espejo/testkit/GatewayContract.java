package io.espejo.testkit;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Nested;

/**
 * What a gateway does in every container, seen from its sockets. A container's test extends this,
 * and only starts things; the themes are nested classes of it.
 *
 * <pre>{@code
 * class TomcatGatewayTest extends GatewayContract {
 *   @Override
 *   protected Gateway start(Path rules, Map<String, String> settings) { ... }
 * }
 * }</pre>
 */
public abstract class GatewayContract {
  /**
   * Starts a container with {@code io.espejo.servlet.MirrorFilter} on {@code /*}, async-supported.
   *
   * @param rules the filter's init-param {@code rules}: a file or a directory
   * @param settings its other init-params
   */
  protected abstract Gateway start(Path rules, Map<String, String> settings) throws Exception;

  /** The same, for clients that speak HTTP/2 without TLS from their first byte on, too. */
  protected abstract Gateway startHttp2(Path rules, Map<String, String> settings) throws Exception;

  /** What this container cannot do, with the reason. */
  protected Map<Capability, String> lacks() {
    return Map.of();
  }

  @Nested
  class Routing extends RoutingContract {
    Routing() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Destinations extends DestinationContract {
    Destinations() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class RouteActions extends RouteActionContract {
    RouteActions() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Answers extends AnswerContract {
    Answers() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Fidelity extends FidelityContract {
    Fidelity() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Upgrades extends UpgradeContract {
    Upgrades() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Http2Clients extends Http2ClientContract {
    Http2Clients() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Http2Upstreams extends Http2UpstreamContract {
    Http2Upstreams() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Bodies extends BodyContract {
    Bodies() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class ShadowContent extends ShadowContentContract {
    ShadowContent() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Sampling extends SamplingContract {
    Sampling() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Policies extends MirrorPolicyContract {
    Policies() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class MisbehavingShadow extends MisbehavingShadowContract {
    MisbehavingShadow() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class ShadowBounds extends ShadowBoundsContract {
    ShadowBounds() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class FailingPrimary extends FailingPrimaryContract {
    FailingPrimary() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class FaultMatrix extends FaultMatrixContract {
    FaultMatrix() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Retry extends RetryContract {
    Retry() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Reload extends ReloadContract {
    Reload() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class Switch extends SwitchContract {
    Switch() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class TrustedProxy extends TrustedProxyContract {
    TrustedProxy() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class HostileRequest extends HostileRequestContract {
    HostileRequest() {
      super(GatewayContract.this);
    }
  }

  @Nested
  class HostileUpstream extends HostileUpstreamContract {
    HostileUpstream() {
      super(GatewayContract.this);
    }
  }
}
