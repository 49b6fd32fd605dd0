package io.espejo;

import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;

/**
 * Makes the JDK forget our class loader.
 *
 * <p>Up to JDK 18 {@link ObjectMethods} keeps the class whose {@code equals} it linked last, in the
 * cache of a method handle of its own, and with that class an undeployed WAR. Linking another
 * {@code equals}, for a class of the JDK's, replaces it.
 */
final class LoaderLeak {
  private static final System.Logger LOG = System.getLogger(LoaderLeak.class.getName());

  private LoaderLeak() {}

  /** Called when nothing of ours runs any more. */
  static void prevent() {
    try {
      ObjectMethods.bootstrap(
          MethodHandles.lookup(),
          "equals",
          MethodType.methodType(boolean.class, String.class, Object.class),
          String.class,
          "");
    } catch (Throwable refused) {
      LOG.log(Level.DEBUG, "this JDK does not link an equals for String", refused);
    }
  }
}
