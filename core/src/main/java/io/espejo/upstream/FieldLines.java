package io.espejo.upstream;

import io.espejo.exchange.HeaderLines;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpField;
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
  public Optional<String> joined(String name) {
    List<String> values = fields.getFields(name).stream().map(HttpField::getValue).toList();
    return values.isEmpty() ? Optional.empty() : Optional.of(String.join(",", values));
  }

  @Override
  public FieldLines add(String name, String value) {
    fields.add(RequestHead.line(name, value));
    return this;
  }
}
