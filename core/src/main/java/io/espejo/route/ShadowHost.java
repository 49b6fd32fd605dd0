package io.espejo.route;

/** The authority of a copy, as Envoy's shadow writer makes it. */
public final class ShadowHost {
  private static final String SUFFIX = "-shadow";

  private ShadowHost() {}

  /**
   * The authority with {@code -shadow} before its port, case kept: {@code httpbin:8000} becomes
   * {@code httpbin-shadow:8000}, {@code [::1]} becomes {@code [::1]-shadow}.
   */
  public static String of(String authority) {
    int end = Authority.hostEnd(authority);
    return authority.substring(0, end) + SUFFIX + authority.substring(end);
  }
}
