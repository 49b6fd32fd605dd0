package io.espejo.upstream;

import io.espejo.exchange.HeaderLines;
import org.eclipse.jetty.http.HttpFields;

/** The lines of a head while edits change them. */
record FieldLines(HttpFields.Mutable fields) implements HeaderLines {
  @Override
  public void remove(String name) {
    fields.remove(name);
  }

  @Override
  public void set(String name, String value) {
    fields.put(RequestHead.line(name, value));
  }

  @Override
  public FieldLines add(String name, String value) {
    fields.add(RequestHead.line(name, value));
    return this;
  }
}
