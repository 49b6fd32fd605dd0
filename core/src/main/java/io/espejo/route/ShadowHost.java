package io.espejo.route;

/** What becomes of v1's authority on a copy. */
public sealed interface ShadowHost {
  /** As Envoy's shadow writer has it: {@code -shadow} before the port. */
  ShadowHost ISTIO = new Suffix("-shadow");

  /** The copy's authority. */
  String of(String authority);

  /**
   * A suffix before the port, case kept: {@code httpbin:8000} becomes {@code httpbin-shadow:8000},
   * {@code [::1]} becomes {@code [::1]-shadow}.
   */
  record Suffix(String text) implements ShadowHost {
    @Override
    public String of(String authority) {
      int end = Authority.hostEnd(authority);
      return authority.substring(0, end) + text + authority.substring(end);
    }
  }

  /** The same. */
  record Preserved() implements ShadowHost {
    @Override
    public String of(String authority) {
      return authority;
    }
  }

  /** Always this one. */
  record Literal(String text) implements ShadowHost {
    @Override
    public String of(String authority) {
      return text;
    }
  }
}
