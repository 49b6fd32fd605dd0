package io.espejo.demo.httpbin;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The one path that httpbin does not have: {@code /last} shows the head of the last other request,
 * so that a reader of the walk-through sees which Host a copy has.
 */
public final class LastRequest implements Filter {
  private volatile Map<String, Object> last = Map.of();

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest httpRequest = (HttpServletRequest) request;
    if (httpRequest.getRequestURI().equals("/last")) {
      response.setContentType("application/json");
      response.getOutputStream().write(PythonJson.pretty(last).getBytes(StandardCharsets.US_ASCII));
    } else {
      last = RequestView.ofHead(httpRequest).select("method", "url", "headers");
      chain.doFilter(request, response);
    }
  }
}
