package io.espejo.servlet;

import io.espejo.AnswerEdits;
import io.espejo.exchange.Headers;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.util.Locale;

/**
 * The application's answer with the route's edits of its headers: they stand in it from the start,
 * and what they replace the application cannot set.
 */
final class LocalResponse extends HttpServletResponseWrapper {
  private final AnswerEdits edits;

  /**
   * The answer to one dispatch.
   *
   * @param edited whether it was edited for a dispatch before, of which the lines may stand yet
   */
  LocalResponse(HttpServletResponse response, AnswerEdits edits, boolean edited) {
    super(response);
    this.edits = edits;
    if (!edited) {
      addLines("");
    } else {
      addMissing();
    }
  }

  /** Containers keep the lines, or some of them, for an error page. */
  private void addMissing() {
    Headers lines = edits.lines();
    for (int line = 0; line < lines.size(); line++) {
      String name = lines.name(line);
      boolean there =
          name.equalsIgnoreCase("content-type")
              ? getContentType() != null
              : getHeaders(name).contains(lines.value(line));
      if (!there) {
        addLines(name);
      }
    }
  }

  /** Puts the edits' lines there, of all names or of this one. */
  private void addLines(String only) {
    Headers lines = edits.lines();
    for (int line = 0; line < lines.size(); line++) {
      String name = lines.name(line);
      if (!only.isEmpty() && !name.equalsIgnoreCase(only)) {
        continue;
      }
      if (name.toLowerCase(Locale.ROOT).equals("content-type")) {
        super.setContentType(lines.value(line));
      } else {
        super.addHeader(name, lines.value(line));
      }
    }
  }

  @Override
  public void reset() {
    super.reset();
    addLines("");
  }

  @Override
  public void setHeader(String name, String value) {
    if (name.equalsIgnoreCase("content-type")) {
      setContentType(value);
    } else if (!edits.replaces(name)) {
      super.setHeader(name, value);
      addLines(name);
    }
  }

  @Override
  public void addHeader(String name, String value) {
    if (!edits.replaces(name)) {
      super.addHeader(name, value);
    }
  }

  @Override
  public void setIntHeader(String name, int value) {
    setHeader(name, Integer.toString(value));
  }

  @Override
  public void addIntHeader(String name, int value) {
    addHeader(name, Integer.toString(value));
  }

  @Override
  public void setDateHeader(String name, long date) {
    if (!edits.replaces(name)) {
      super.setDateHeader(name, date);
      addLines(name);
    }
  }

  @Override
  public void addDateHeader(String name, long date) {
    if (!edits.replaces(name)) {
      super.addDateHeader(name, date);
    }
  }

  @Override
  public void addCookie(Cookie cookie) {
    if (!edits.replaces("set-cookie")) {
      super.addCookie(cookie);
    }
  }

  /** Stands over one that a route adds: an answer has one type, and it is in this charset. */
  @Override
  public void setContentType(String type) {
    if (!edits.replaces("content-type")) {
      super.setContentType(type);
    }
  }

  @Override
  public void setContentLength(int length) {
    setContentLengthLong(length);
  }

  @Override
  public void setContentLengthLong(long length) {
    if (!edits.replaces("content-length")) {
      super.setContentLengthLong(length);
    }
  }
}
