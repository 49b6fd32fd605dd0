package io.espejo.it.jaxrs;

import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyReader;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;

/** Leaves what follows the brace. */
@Provider
public class BracedReader implements MessageBodyReader<Braced> {
  @Override
  public boolean isReadable(
      Class<?> type, Type generic, Annotation[] annotations, MediaType media) {
    return type == Braced.class;
  }

  @Override
  public Braced readFrom(
      Class<Braced> type,
      Type generic,
      Annotation[] annotations,
      MediaType media,
      MultivaluedMap<String, String> headers,
      InputStream entity)
      throws IOException {
    StringBuilder text = new StringBuilder();
    for (int read = entity.read(); read >= 0; read = entity.read()) {
      text.append((char) read);
      if (read == '}') {
        break;
      }
    }
    return new Braced(text.toString());
  }
}
