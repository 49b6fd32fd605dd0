package io.espejo.servlet;

import jakarta.servlet.ServletInputStream;
import java.lang.reflect.Field;

/**
 * Makes Tomcat close an upgraded connection whose streams another thread has closed.
 *
 * <p>Tomcat looks whether they are closed only after an event of the socket, and has no call to
 * bring one about: a client that only listens would never hear that v1 is gone, and what has idled
 * too long would stay. On any other container this does nothing.
 */
final class TomcatWake {
  private TomcatWake() {}

  /** Looks at the connection of this stream once more, on a thread of the container. */
  static void wake(ServletInputStream input) {
    Class<?> type = input.getClass();
    if (!type.getName().startsWith("org.apache.coyote.")) {
      return;
    }
    try {
      Field field = type.getDeclaredField("socketWrapper");
      field.setAccessible(true);
      Object socket = field.get(input);
      ClassLoader tomcat = type.getClassLoader();
      Class<?> event = Class.forName("org.apache.tomcat.util.net.SocketEvent", false, tomcat);
      Class.forName("org.apache.tomcat.util.net.SocketWrapperBase", false, tomcat)
          .getMethod("processSocket", event, boolean.class)
          .invoke(socket, event.getField("OPEN_READ").get(null), true);
    } catch (ReflectiveOperationException | RuntimeException unknownTomcat) {
      // The client hears of it when it next sends something.
    }
  }
}
