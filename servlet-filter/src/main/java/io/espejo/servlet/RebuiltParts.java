package io.espejo.servlet;

import jakarta.servlet.http.Part;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A multipart body, made anew of the parts that a container read from it: the same boundary, parts,
 * headers and contents in the same order.
 *
 * @param length in bytes
 */
record RebuiltParts(long length, List<Supplier<InputStream>> pieces) {
  private static final Pattern BOUNDARY =
      Pattern.compile(";\\s*boundary=(?:\"([^\"]*)\"|([^;\\s]*))", Pattern.CASE_INSENSITIVE);

  /** Empty if the content type names no boundary. */
  static Optional<RebuiltParts> of(String contentType, Collection<Part> parts) {
    Matcher matcher = BOUNDARY.matcher(contentType);
    if (!matcher.find()) {
      return Optional.empty();
    }
    String boundary = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
    List<Supplier<InputStream>> pieces = new ArrayList<>();
    long length = 0;
    for (Part part : parts) {
      length += add(pieces, "--" + boundary + "\r\n" + headers(part) + "\r\n");
      pieces.add(() -> content(part));
      length += part.getSize() + add(pieces, "\r\n");
    }
    length += add(pieces, "--" + boundary + "--\r\n");
    return Optional.of(new RebuiltParts(length, pieces));
  }

  private static long add(List<Supplier<InputStream>> pieces, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    pieces.add(() -> new ByteArrayInputStream(bytes));
    return bytes.length;
  }

  private static String headers(Part part) {
    StringBuilder lines = new StringBuilder();
    for (String name : part.getHeaderNames()) {
      for (String value : part.getHeaders(name)) {
        lines.append(name).append(": ").append(value).append("\r\n");
      }
    }
    return lines.toString();
  }

  private static InputStream content(Part part) {
    try {
      return part.getInputStream();
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  /** The body; each part is opened when it is read. */
  InputStream body() {
    return new SequenceInputStream(
        Collections.enumeration(
            new AbstractList<InputStream>() {
              @Override
              public InputStream get(int index) {
                return pieces.get(index).get();
              }

              @Override
              public int size() {
                return pieces.size();
              }
            }));
  }
}
