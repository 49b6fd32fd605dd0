package io.espejo.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRequest;

/** Whether Open Liberty is the container, which reads and writes in some ways of its own. */
final class OpenLiberty {
  private OpenLiberty() {}

  static boolean serves(ServletRequest request) {
    return serves(request.getServletContext());
  }

  static boolean serves(ServletContext context) {
    return context.getServerInfo().contains("Liberty");
  }
}
