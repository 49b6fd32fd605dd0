package io.espejo.it.application;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Enumeration;

/** Another filter, before all others; it does what the header {@code x-earlier} says, if any. */
public final class EarlierFilter extends HttpFilter {
  private static final long serialVersionUID = 1;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    String what = request.getHeader("x-earlier");
    switch (what == null ? "" : what) {
      case "wraps" -> chain.doFilter(new HttpServletRequestWrapper(request), response);
      case "keeps" ->
          chain.doFilter(
              new Body(request, request.getInputStream().readAllBytes(), true), response);
      case "doubles" -> chain.doFilter(new Body(request, doubled(request), false), response);
      case "doubles, and does not say so" ->
          chain.doFilter(new Body(request, doubled(request), true), response);
      case "reads a parameter" -> {
        response.setHeader("x-earlier", String.valueOf(request.getParameter("a")));
        chain.doFilter(request, response);
      }
      case "reads some" -> {
        response.setHeader("x-earlier", "" + request.getInputStream().readNBytes(3).length);
        chain.doFilter(request, response);
      }
      case "reads a parameter afterwards" -> {
        chain.doFilter(request, response);
        response.setHeader("x-earlier", String.valueOf(request.getParameter("a")));
      }
      default -> chain.doFilter(request, response);
    }
  }

  private static byte[] doubled(HttpServletRequest request) throws IOException {
    byte[] body = request.getInputStream().readAllBytes();
    byte[] doubled = new byte[2 * body.length];
    for (int i = 0; i < doubled.length; i++) {
      doubled[i] = body[i / 2];
    }
    return doubled;
  }

  /** A request with another body. */
  private static final class Body extends HttpServletRequestWrapper {
    private final byte[] body;
    private final boolean length;

    /**
     * A request with this body.
     *
     * @param length whether it still has the length that the client said
     */
    Body(HttpServletRequest request, byte[] body, boolean length) {
      super(request);
      this.body = body;
      this.length = length;
    }

    @Override
    public ServletInputStream getInputStream() {
      return new Bytes(new ByteArrayInputStream(body));
    }

    @Override
    public int getContentLength() {
      return length ? super.getContentLength() : -1;
    }

    @Override
    public long getContentLengthLong() {
      return length ? super.getContentLengthLong() : -1;
    }

    @Override
    @SuppressWarnings("NullAway") // as the Servlet API has it
    public String getHeader(String name) {
      return hides(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return hides(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    private boolean hides(String name) {
      return !length && name.equalsIgnoreCase("content-length");
    }
  }

  private static final class Bytes extends ServletInputStream {
    private final InputStream bytes;

    Bytes(InputStream bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      return bytes.read();
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return bytes.read(into, offset, length);
    }

    @Override
    public int available() throws IOException {
      return bytes.available();
    }

    @Override
    public boolean isFinished() {
      try {
        return bytes.available() == 0;
      } catch (IOException impossible) {
        throw new IllegalStateException(impossible);
      }
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setReadListener(ReadListener listener) {
      throw new IllegalStateException("read it at once");
    }
  }
}
