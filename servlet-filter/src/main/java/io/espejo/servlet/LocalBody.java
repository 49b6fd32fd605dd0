package io.espejo.servlet;

import io.espejo.LocalCopies;
import io.espejo.exchange.ChunkPool;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
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

  private final HttpServletRequest request;
  private final LocalCopies copies;
  private final ChunkPool pool;
  private final Optional<ExactForm.Settings> exactForms;

  private @Nullable ObservedInput input;
  private @Nullable BufferedReader reader;
  private boolean streamGiven;
  private boolean parsed;
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
  }

  ServletInputStream stream() throws IOException {
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
    if (streamGiven) {
      throw new IllegalStateException("getInputStream() was called already");
    }
    BufferedReader known = reader;
    if (known == null) {
      String charset = encoding == null ? StandardCharsets.ISO_8859_1.name() : encoding;
      known = new BufferedReader(new InputStreamReader(observed(), charset));
      reader = known;
    }
    return known;
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
      if (!streamGiven && reader == null && request.getMethod().equals("POST") && isForm()) {
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

  private boolean isForm() {
    return contentType().toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded");
  }

  /** The application asked for parameters: a container may have read a form for that. */
  void parametersRead() {
    if (isParsed()) {
      return;
    }
    if (isForm()) {
      parsed = true;
      byte[] body = RebuiltForm.of(request);
      if (body.length > 0) {
        copies.rebuilt(length(body.length), new ByteArrayInputStream(body), true);
      } else {
        // A container that leaves this method's forms to the application.
        parsed = false;
      }
    } else if (contentType().toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
      try {
        partsRead(request.getParts());
      } catch (IOException | ServletException | RuntimeException notParsed) {
        // The container tells the application of what is wrong with them when it asks.
        parsed = true;
      }
    }
  }

  /** The container has read these parts. */
  void partsRead(Collection<Part> parts) {
    if (!isParsed()) {
      parsed = true;
      RebuiltParts.of(contentType(), parts)
          .ifPresent(body -> copies.rebuilt(length(body.length()), body.body(), false));
    }
  }

  private boolean isParsed() {
    return parsed || input != null;
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
   * The request is over.
   *
   * @param here whether this is the thread that served it; then what is here already of a body that
   *     the application left is observed, too, unless the client still waits to be asked for it
   */
  void end(boolean here) {
    ObservedInput known = input;
    boolean untouched = known == null || !known.touched();
    boolean unasked = untouched && (parsed || request.getHeader("Expect") != null);
    if (here && !unasked && copies.live()) {
      try {
        observed().drain(MAX_DRAINED);
      } catch (IOException | RuntimeException unreadable) {
        // The copies end unread.
      }
    }
    known = input;
    if (known != null) {
      known.release();
    }
    copies.end();
  }
}
