package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.exchange.ChunkPool;
import io.espejo.exchange.Headers;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UnsupportedEncodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that the application reads, in whichever way, while copies of it are made.
 *
 * <p>One for all dispatches of a request; like the container's own, it is for one thread after the
 * other.
 */
final class LocalBody {
  /** What is read at the end of a request of a body that the application left, in bytes. */
  private static final int MAX_DRAINED = 1024 * 1024;

  /** The same where an error page may follow, for which it is kept. */
  private static final int MAX_KEPT = 64 * 1024;

  /** Tomcat 10 goes on with the parameters that it could read, and says here that it is not all. */
  private static final String TOMCAT_GAVE_UP = "org.apache.catalina.parameter_parse_failed";

  /** Methods whose requests have no body, unless they say so. */
  private static final Set<String> BODILESS = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "DELETE");

  private final HttpServletRequest request;
  private final LocalCopies copies;
  private final ChunkPool pool;
  private final Optional<ExactForm.Settings> exactForms;

  /** The client's, before any dispatch adds its own. */
  private final String query;

  private @Nullable ObservedInput input;
  private @Nullable BufferedReader reader;
  private boolean streamGiven;
  private boolean rebuilt;
  private boolean partsAsked;
  private boolean formAsked;
  private Optional<ExactForm> form = Optional.empty();

  LocalBody(
      HttpServletRequest request,
      LocalCopies copies,
      ChunkPool pool,
      Optional<ExactForm.Settings> exactForms) {
    this.request = request;
    this.copies = copies;
    this.pool = pool;
    this.exactForms = exactForms;
    this.query = Optional.ofNullable(request.getQueryString()).orElse("");
  }

  ServletInputStream stream() throws IOException {
    if (rebuilt) {
      // What is left to read of it is in the copies already.
      return request.getInputStream();
    }
    if (reader != null) {
      throw new IllegalStateException("getReader() was called already");
    }
    streamGiven = true;
    return observed();
  }

  private ObservedInput observed() throws IOException {
    ObservedInput known = input;
    if (known == null) {
      known = new ObservedInput(request, copies, pool);
      input = known;
    }
    return known;
  }

  /**
   * Characters of the same bytes.
   *
   * @param encoding of the request, as the application sees it
   */
  BufferedReader reader(@Nullable String encoding) throws IOException {
    if (rebuilt) {
      return request.getReader();
    }
    if (streamGiven) {
      throw new IllegalStateException("getInputStream() was called already");
    }
    BufferedReader known = reader;
    if (known == null) {
      String charset = encoding == null ? StandardCharsets.ISO_8859_1.name() : encoding;
      known = new BufferedReader(characters(observed(), charset));
      reader = known;
    }
    return known;
  }

  /** What is no character of the charset fails Tomcat's own reader; others replace it. */
  private InputStreamReader characters(ServletInputStream bytes, String charset)
      throws UnsupportedEncodingException {
    InputStreamReader replacing = new InputStreamReader(bytes, charset);
    return Container.of(request.getServletContext()) == Container.TOMCAT
        ? new InputStreamReader(bytes, Charset.forName(charset).newDecoder())
        : replacing;
  }

  /**
   * The form in the body, if it is to be read here: where every container would read it, which is
   * of a POST whose body the application has not begun to read by itself.
   *
   * @throws IllegalStateException the first time, if it cannot be read
   */
  Optional<ExactForm> form() {
    if (!formAsked && exactForms.isPresent()) {
      formAsked = true;
      if (!streamGiven
          && reader == null
          && request.getMethod().equals("POST")
          && Forms.urlEncoded(request)) {
        try {
          form =
              Optional.of(
                  ExactForm.read(observed(), request.getCharacterEncoding(), exactForms.get()));
        } catch (IOException gone) {
          throw new IllegalStateException("the form could not be read", gone);
        }
      }
    }
    return form;
  }

  /**
   * Whether the container answers this one parameter out of the query and leaves the body alone, as
   * Undertow does; of others we know that they do not.
   */
  boolean leftForQuery(String name, @Nullable String now) {
    return switch (Container.of(request.getServletContext())) {
      case JETTY, TOMCAT, OPEN_LIBERTY -> false;
      case WILDFLY, OTHER -> RebuiltForm.inQuery(name, now == null ? query : now);
    };
  }

  /** The application asked for parameters: a container may have read a form for that. */
  void parametersRead() {
    if (rebuilt || input != null) {
      return;
    }
    if (request.getAttribute(TOMCAT_GAVE_UP) != null) {
      return;
    }
    if (Forms.urlEncoded(request)) {
      byte[] body = RebuiltForm.of(request, query);
      // There are none where a container leaves this method's forms to the application.
      if (body.length > 0) {
        rebuilt = true;
        copies.rebuilt(length(body.length), new ByteArrayInputStream(body), true);
      }
    } else if (Forms.multipart(request) && !partsAsked) {
      partsAsked = true;
      try {
        partsRead(request.getParts());
      } catch (IOException | ServletException | RuntimeException notParsed) {
        // The container tells the application of what is wrong with them when it asks.
      }
    }
  }

  /**
   * The container has read these parts; or there are none, because it reads none for this servlet
   * and leaves them to the application.
   */
  void partsRead(Collection<Part> parts) {
    if (!rebuilt && input == null && !parts.isEmpty()) {
      rebuilt = true;
      RebuiltParts.of(contentType(), parts)
          .ifPresent(body -> copies.rebuilt(length(body.length()), body.body(), false));
    }
  }

  /** A body that came without a length goes without one. */
  private long length(long rebuilt) {
    return request.getContentLengthLong() < 0 ? -1 : rebuilt;
  }

  private String contentType() {
    String type = request.getContentType();
    return type == null ? "" : type;
  }

  /**
   * The application is done with the request.
   *
   * @param here whether this is the thread that served it; then what is here already of a body that
   *     the application left is observed, too, unless the client still waits to be asked for it, or
   *     it is a form, of which a filter or an error page may yet ask the container for parameters,
   *     or another filter has it, which may wait for what it says is here
   * @param failed whether an error page may follow
   */
  void end(boolean here, boolean failed) {
    ObservedInput known = input;
    boolean untouched = known == null || !known.touched();
    boolean unasked =
        untouched && (rebuilt || request.getHeader("Expect") != null || Forms.in(request));
    boolean containers =
        known == null ? !(request instanceof ServletRequestWrapper) : known.isContainers();
    if (here && !unasked && containers && copies.live()) {
      try {
        boolean keep = failed && !emptiesBeforeErrors();
        observed().drain(keep ? MAX_KEPT : MAX_DRAINED, keep);
      } catch (IOException | RuntimeException unreadable) {
        // The copies end unread.
      }
    }
    known = input;
    if (known != null) {
      known.release();
    }
    if (untouched && (known == null || !known.seen()) && sentWithoutBody()) {
      copies.onEnd(Headers.EMPTY);
    }
    copies.end();
  }

  /**
   * HTTP/2 has requests that say nothing of a body; Jetty knows that there is none only once it was
   * asked to read it.
   */
  private boolean sentWithoutBody() {
    return BODILESS.contains(request.getMethod())
        && request.getContentType() == null
        && request.getContentLengthLong() < 0
        && request.getProtocol().startsWith("HTTP/2");
  }

  /** Whether the container lets no error page read what the application has left. */
  private boolean emptiesBeforeErrors() {
    return Container.of(request.getServletContext()) == Container.JETTY;
  }
}
