package io.espejo.demo.httpbin;

import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.core.Response;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A resource that answers all of httpbin's methods alike. */
public final class EveryMethod {
  private final Supplier<CompletionStage<Response>> answer;

  EveryMethod(Supplier<CompletionStage<Response>> answer) {
    this.answer = answer;
  }

  @GET
  public CompletionStage<Response> get() {
    return answer.get();
  }

  @POST
  public CompletionStage<Response> post() {
    return answer.get();
  }

  @PUT
  public CompletionStage<Response> put() {
    return answer.get();
  }

  @PATCH
  public CompletionStage<Response> patch() {
    return answer.get();
  }

  @DELETE
  public CompletionStage<Response> delete() {
    return answer.get();
  }

  @TRACE
  public CompletionStage<Response> trace() {
    return answer.get();
  }

  @HttpMethod("TRACE")
  @Retention(RetentionPolicy.RUNTIME)
  @Target(ElementType.METHOD)
  @interface TRACE {}
}
