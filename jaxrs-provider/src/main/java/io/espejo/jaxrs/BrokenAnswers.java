package io.espejo.jaxrs;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;

/**
 * Fails a request whose answer broke off: runtimes may log that and return, upon which the
 * container would end the answer as if it were whole.
 */
final class BrokenAnswers implements Filter {
  /** The request attribute that tells of it. */
  static final String ATTRIBUTE = "io.espejo.jaxrs.broken";

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean again =
        request.getDispatcherType() == DispatcherType.ASYNC
            && request.getAttribute(ATTRIBUTE) != null;
    if (!again) {
      chain.doFilter(request, response);
    }
    if (request.getAttribute(ATTRIBUTE) == null) {
      return;
    }
    if (!again && request.getProtocol().startsWith("HTTP/2") && request.isAsyncSupported()) {
      // Tomcat ends a stream in order all the same, unless it fails in an ASYNC dispatch.
      request.startAsync().dispatch();
      return;
    }
    throw new BrokenAnswer();
  }

  /** Without a stack trace: it is v1's fault, and containers log it whole. */
  private static final class BrokenAnswer extends ServletException {
    private static final long serialVersionUID = 1;

    BrokenAnswer() {
      super("v1's answer broke off");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }
  }
}
