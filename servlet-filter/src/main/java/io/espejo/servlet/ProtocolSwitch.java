package io.espejo.servlet;

import io.espejo.exchange.DownstreamResponse.Upgrade;
import io.espejo.exchange.Headers;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * v1's 101, to be given to the client by the container.
 *
 * @param headers with {@code Upgrade}, without {@code Connection}
 */
record ProtocolSwitch(Headers headers, Upgrade upgrade) {
  /** The request attribute that tells the filter, dispatched to again, to carry it out. */
  static final String ATTRIBUTE = "io.espejo.switch";

  /** Does it on the container's thread; 501 where the container cannot. */
  void carryOut(HttpServletRequest request, HttpServletResponse response) throws IOException {
    UpgradeHandler handler;
    try {
      Container container = Container.of(request.getServletContext());
      if (container == Container.JETTY && request.getHeader("Content-Length") == null) {
        // Jetty 12.1 reads a request without a length to its end before it is served, and then
        // finds nothing but that end on the upgraded connection.
        throw new ServletException("Jetty takes this client's side for ended");
      }
      if (container == Container.OPEN_LIBERTY) {
        // It does so at the end of a request's first call, and of no other: to this one it says
        // 200.
        throw new ServletException("Open Liberty upgrades no asynchronous request");
      }
      handler = request.upgrade(UpgradeHandler.class);
    } catch (IOException | ServletException | RuntimeException unable) {
      response.reset();
      response.setStatus(HttpServletResponse.SC_NOT_IMPLEMENTED);
      response.setContentType("text/plain");
      response.getOutputStream().print("upgrade not supported");
      upgrade.failed(unable);
      return;
    }
    // Containers put there what the client asked for.
    response.setHeader("Connection", "Upgrade");
    response.setHeader("Upgrade", String.join(", ", headers.all("upgrade")));
    for (int line = 0; line < headers.size(); line++) {
      if (!headers.name(line).equalsIgnoreCase("upgrade")) {
        response.addHeader(headers.name(line), headers.value(line));
      }
    }
    handler.upgrade(upgrade);
  }
}
