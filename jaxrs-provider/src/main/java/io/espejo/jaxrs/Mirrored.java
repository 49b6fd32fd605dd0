package io.espejo.jaxrs;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Requests that this resource method answers, or every method of this class, are mirrored.
 *
 * <p>Without values the rules of the configuration hold, as for a filter in the application. With
 * values it is a rule by itself, whatever the configuration routes: a share of the requests is
 * copied to a service that the configuration defines. One on a method stands instead of one on its
 * class. A wrong one fails the start of the application; a destination that no document defines is
 * a warning, and its copies are dropped and counted, since a document may define it later.
 *
 * <pre>{@code
 * @POST
 * @Mirrored(host = "httpbin", subset = "v2", percentage = 12.5)
 * public Order create(Order order) { ... }
 * }</pre>
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface Mirrored {
  /** The service that gets the copies, as a VirtualService names it; empty: the rules say. */
  String host() default "";

  /** A subset of that service; empty: all of it. */
  String subset() default "";

  /** A port of that service, as in its ServiceEntry; 0: its only one, or its lowest. */
  int port() default 0;

  /** How many requests in a hundred are copied, 0 to 100 in steps of 0.0001. */
  double percentage() default 100;
}
