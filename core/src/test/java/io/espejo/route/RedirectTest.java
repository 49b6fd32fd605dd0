package io.espejo.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectTest {
  /** What Envoy 1.40 answered, asked; the request is for {@code /old/a?q=1}. */
  @ParameterizedTest
  @CsvSource({
    "'', '', 0, /new, httpbin:8000, http://httpbin:8000/new?q=1",
    "'', '', 0, /new?x=1, httpbin:8000, http://httpbin:8000/new?x=1",
    "'', '', 0, new, httpbin:8000, http://httpbin:8000/new?q=1",
    "'', a.org, 0, '', httpbin:8000, http://a.org/old/a?q=1",
    "'', a.org, 8000, '', httpbin:8000, http://a.org:8000/old/a?q=1",
    "'', '', 9999, '', httpbin:8000, http://httpbin:9999/old/a?q=1",
    "'', '', 9999, '', '[::1]:80', 'http://[::1]:9999/old/a?q=1'",
    "https, '', 0, '', httpbin:8000, https://httpbin:8000/old/a?q=1",
    "https, '', 0, '', httpbin:80, https://httpbin/old/a?q=1",
    "http, '', 0, '', httpbin:80, http://httpbin:80/old/a?q=1"
  })
  void redirect_ofWhatItNames_keepsTheRest(
      String scheme, String authority, int port, String path, String host, String location) {
    Redirect redirect =
        new Redirect(301, scheme, authority, port, path, Optional.empty(), HeaderEdits.NONE);
    TestRequest request = TestRequest.get("/old/a?q=1").withAuthority(host);
    assertThat(redirect.location(request, "/old/a")).isEqualTo(location);
  }
}
