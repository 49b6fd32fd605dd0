package io.espejo.jaxrs;

import io.espejo.Espejo;
import io.espejo.Verdict;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;

/** Answers every request before a resource is looked for. */
@PreMatching
final class GatewayFilter implements ContainerRequestFilter {
  private final Espejo espejo;

  GatewayFilter(Espejo espejo) {
    this.espejo = espejo;
  }

  @Override
  public void filter(ContainerRequestContext request) {
    ServletFacts facts = ServletFacts.of(request);
    JaxRsDownstreamRequest downstream = new JaxRsDownstreamRequest(request, facts);
    Verdict verdict = espejo.evaluate(downstream);
    request.abortWith(BlockingExchange.answer(espejo, verdict, downstream, request, facts));
  }
}
