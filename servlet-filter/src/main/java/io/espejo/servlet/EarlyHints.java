package io.espejo.servlet;

import io.espejo.exchange.Headers;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;

/**
 * Sends the header lines of a 103 to a client, by {@code sendError(103)}: Jetty 12 means that by
 * it, others send an error page. Servlet 6.1 has no call of its own.
 *
 * <p>The call may block for as long as the client reads nothing, so whoever makes it needs a place
 * of these few.
 */
final class EarlyHints {
  static final EarlyHints NONE = new EarlyHints(0);

  private static final int STATUS = 103;

  /** Tomcat 10.1 cannot take them out of the answer again, and Tomcat 11 may send none. */
  private static final Pattern CAPABLE = Pattern.compile("jetty/12\\..*");

  private static final int AT_ONCE = 16;

  private final Semaphore places;

  private EarlyHints(int places) {
    this.places = new Semaphore(places);
  }

  /** As far as this container can. */
  static EarlyHints in(ServletContext context) {
    return CAPABLE.matcher(context.getServerInfo()).matches() ? new EarlyHints(AT_ONCE) : NONE;
  }

  boolean takePlace() {
    return places.tryAcquire();
  }

  void leavePlace() {
    places.release();
  }

  /** Sends these, and leaves the answer as it was; what others have set there goes along. */
  static void send(Headers headers, HttpServletResponse response) throws IOException {
    List<String> names = new ArrayList<>();
    for (int line = 0; line < headers.size(); line++) {
      String name = headers.name(line);
      // Of the content, containers keep more than the header.
      if (!name.toLowerCase(Locale.ROOT).startsWith("content-")
          && (names.contains(name) || !response.containsHeader(name))) {
        response.addHeader(name, headers.value(line));
        names.add(name);
      }
    }
    response.sendError(STATUS);
    for (String name : names) {
      response.setHeader(name, null);
    }
  }
}
