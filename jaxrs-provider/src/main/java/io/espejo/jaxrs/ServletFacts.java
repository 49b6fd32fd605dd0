package io.espejo.jaxrs;

import io.espejo.exchange.Headers;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.util.Optional;

/** What only a servlet container knows of a request. */
interface ServletFacts {
  /** The request attribute, and so the property, that has the servlet request. */
  String PROPERTY = "io.espejo.servlet-request";

  /** There is no servlet container, or it did not tell. */
  ServletFacts NONE =
      new ServletFacts() {
        @Override
        public String peerAddress() {
          return "";
        }

        @Override
        public Optional<String> protocol() {
          return Optional.empty();
        }

        @Override
        public Optional<RequestLine> line() {
          return Optional.empty();
        }

        @Override
        public Optional<Headers> headers() {
          return Optional.empty();
        }

        @Override
        public boolean bodyFinished() {
          return false;
        }

        @Override
        public void breakOff() {
          // The runtime may have told the server.
        }
      };

  /** What a client asked for, byte for byte; with the scheme that it came by. */
  record RequestLine(String method, String scheme, String path, Optional<String> query) {}

  static ServletFacts of(ContainerRequestContext request) {
    Object servlet = request.getProperty(PROPERTY);
    return servlet == null ? NONE : KnownServletFacts.of(servlet);
  }

  /** As a literal; empty if it is not known. */
  String peerAddress();

  /** {@code HTTP/1.1}. */
  Optional<String> protocol();

  /** As it came, which a runtime may show in another way, or refuse to. */
  Optional<RequestLine> line();

  /** All lines as they came, which a runtime may have changed. */
  Optional<Headers> headers();

  /** Whether the body is known to have no further byte. */
  boolean bodyFinished();

  /**
   * Has the container break the client's connection, where the runtime keeps a failure to itself.
   */
  void breakOff();
}
