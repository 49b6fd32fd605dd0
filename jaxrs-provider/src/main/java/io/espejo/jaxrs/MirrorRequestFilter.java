package io.espejo.jaxrs;

import io.espejo.AnswerEdits;
import io.espejo.Espejo;
import io.espejo.LocalCopies;
import io.espejo.ObservedBody;
import io.espejo.Verdict;
import io.espejo.config.OwnMirror;
import io.espejo.exchange.Headers;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.WriterInterceptor;
import jakarta.ws.rs.ext.WriterInterceptorContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Mirrors the requests of one resource method: {@link MirrorFeature} registers it.
 *
 * <p>The entity is copied as the resource reads it, whatever type it reads; a copy ends with the
 * entity, or when the answer is written. A request that a servlet filter of ours has considered is
 * left alone. The rest of an entity is read if it is here already when the answer is; never waited
 * for.
 */
public final class MirrorRequestFilter
    implements ContainerRequestFilter, ContainerResponseFilter, WriterInterceptor {
  private final Espejo espejo;
  private final Optional<OwnMirror> own;
  private final boolean servletReading;

  /**
   * That of one resource method.
   *
   * @param servletReading whether the method may read the servlet request by itself
   */
  MirrorRequestFilter(Espejo espejo, Optional<OwnMirror> own, boolean servletReading) {
    this.espejo = espejo;
    this.own = own;
    this.servletReading = servletReading;
  }

  @Override
  public void filter(ContainerRequestContext request) {
    if (request.getProperty(ResourceExchange.PROPERTY) != null) {
      return;
    }
    ServletFacts facts = ServletFacts.of(request);
    JaxRsDownstreamRequest downstream = new JaxRsDownstreamRequest(request, facts);
    Verdict verdict =
        own.isPresent() ? espejo.evaluate(downstream, own.get()) : espejo.evaluate(downstream);
    if (verdict instanceof Verdict.InPlace inPlace) {
      if (!inPlace.untouched()) {
        begin(request, downstream, facts, inPlace);
      }
    } else {
      request.abortWith(BlockingExchange.answer(espejo, verdict, downstream, request, facts));
    }
  }

  private void begin(
      ContainerRequestContext request,
      JaxRsDownstreamRequest downstream,
      ServletFacts facts,
      Verdict.InPlace verdict) {
    Optional<LocalCopies> copies = verdict.copies();
    Optional<ObservedStream> entity = Optional.empty();
    if (copies.isPresent()) {
      Headers headers = downstream.headers();
      if (!copies.get().hasBody()) {
        copies.get().onEnd(Headers.EMPTY);
      } else if (restEasy(request) && (servletReading || readByContainer(request, headers))) {
        copies.get().end();
      } else {
        ObservedStream stream =
            new ObservedStream(
                request.getEntityStream(),
                new ObservedBody(copies.get(), espejo.chunks(), copies.get().announcedLength()),
                facts,
                headers.contains("expect"));
        request.setEntityStream(stream);
        entity = Optional.of(stream);
        // Not every runtime tells of every answer.
        copies.get().watch();
      }
    }
    request.setProperty(ResourceExchange.PROPERTY, new ResourceExchange(verdict, entity));
    verdict.request().ifPresent(lines -> replace(request.getHeaders(), lines));
  }

  /** It takes the servlet's stream when it is asked for an entity stream; others when one reads. */
  private static boolean restEasy(ContainerRequestContext request) {
    return request.getClass().getPackage().getName().startsWith("org.jboss.resteasy.");
  }

  /**
   * RESTEasy has the container read forms, in a charset that is the container's where the client
   * names none, and reads another stream by itself, as UTF-8: the resource would get other texts.
   * Open Liberty's RESTEasy, which tells of no version, reads no other: it would get none at all.
   */
  private static boolean readByContainer(ContainerRequestContext request, Headers headers) {
    String type = headers.first("content-type").orElse("").toLowerCase(Locale.ROOT);
    Package runtime = request.getClass().getPackage();
    return type.startsWith("application/x-www-form-urlencoded")
        && (!type.contains("charset") || runtime.getImplementationVersion() == null);
  }

  private static void replace(MultivaluedMap<String, String> headers, Headers lines) {
    for (String name : List.copyOf(headers.keySet())) {
      if (!lines.contains(name)) {
        headers.remove(name);
      }
    }
    for (int line = 0; line < lines.size(); line++) {
      List<String> values = lines.all(lines.name(line));
      List<String> known = headers.put(lines.name(line), new ArrayList<>(values));
      if (known != null && !known.equals(values)) {
        showInstead(known, values);
      }
    }
  }

  /** RESTEasy 7 shows the resource the very lists that were there first. */
  private static void showInstead(List<String> known, List<String> values) {
    try {
      known.clear();
      known.addAll(values);
    } catch (UnsupportedOperationException unmodifiable) {
      // This runtime has shown it nothing that could be changed.
    }
  }

  @Override
  public void filter(ContainerRequestContext request, ContainerResponseContext response) {
    if (request.getProperty(ResourceExchange.PROPERTY) instanceof ResourceExchange exchange
        && exchange.answered()) {
      edit(response, exchange.verdict().answer());
      if (!response.hasEntity()) {
        exchange.end();
      }
    }
  }

  private static void edit(ContainerResponseContext response, AnswerEdits edits) {
    if (edits.isEmpty()) {
      return;
    }
    MultivaluedMap<String, Object> headers = response.getHeaders();
    headers.keySet().removeIf(edits::replaces);
    for (int line = 0; line < edits.lines().size(); line++) {
      String name = edits.lines().name(line);
      // An entity has a type of its own, and only one, in which it is written.
      if (!name.equalsIgnoreCase("content-type") || edits.replaces(name) || !response.hasEntity()) {
        headers.add(name, edits.lines().value(line));
      }
    }
  }

  /** An answer may be made of the entity while it is written. */
  @Override
  public void aroundWriteTo(WriterInterceptorContext context) throws IOException {
    try {
      context.proceed();
    } finally {
      if (context.getProperty(ResourceExchange.PROPERTY) instanceof ResourceExchange exchange) {
        exchange.end();
      }
    }
  }
}
