package io.espejo.config;

import io.espejo.config.HttpRoute.Origin;
import io.espejo.config.MirrorRules.MirrorRule;
import io.espejo.route.ShadowRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which MirrorPolicy stands for a mirror: of those that are for it, the narrowest. */
final class Policies {
  private final List<MirrorPolicy> policies;

  /** By the VirtualService that they are for. */
  private final Map<String, List<MirrorPolicy>> byTarget = new HashMap<>();

  /** By name, those that are for some mirror. */
  private final Set<String> inUse = new HashSet<>();

  private final Report report;

  Policies(List<MirrorPolicy> policies, Report report) {
    this.policies = policies;
    this.report = report;
    for (MirrorPolicy policy : policies) {
      byTarget.computeIfAbsent(policy.virtualService(), key -> new ArrayList<>()).add(policy);
    }
  }

  /** What is said of the copies of this mirror; of two that are equally narrow, an error. */
  ShadowRules rules(HttpRoute route, Destination mirror) {
    List<MirrorPolicy> narrowest = new ArrayList<>();
    int most = -1;
    for (int depth = 0; depth < route.origins().size(); depth++) {
      Origin origin = route.origins().get(depth);
      for (MirrorPolicy policy : byTarget.getOrDefault(origin.virtualService(), List.of())) {
        if (policy.claims(origin.name(), mirror)) {
          inUse.add(policy.metadata().qualifiedName());
          // What is for the delegate goes before what is for the root, as in Istio.
          int narrowness = 2 * policy.narrowness() + depth;
          if (narrowness > most) {
            narrowest.clear();
            most = narrowness;
          }
          if (narrowness == most) {
            narrowest.add(policy);
          }
        }
      }
    }
    for (MirrorPolicy further :
        narrowest.subList(Math.min(1, narrowest.size()), narrowest.size())) {
      report.error(
          further.metadata().place(),
          further.metadata().qualifiedName()
              + " is for a mirror of VirtualService "
              + further.virtualService()
              + " that "
              + narrowest.get(0).metadata()
              + " is for, and neither is narrower");
    }
    return narrowest.isEmpty() ? ShadowRules.ISTIO : narrowest.get(0).rules();
  }

  /** Warns of those that are for nothing, once the rules of all mirrors were asked for. */
  void check(List<VirtualService> virtualServices, RulesOptions options) {
    Map<String, VirtualService> byName = new HashMap<>();
    for (VirtualService virtualService : virtualServices) {
      byName.put(virtualService.metadata().qualifiedName(), virtualService);
    }
    for (MirrorPolicy policy : policies) {
      VirtualService target = byName.get(policy.virtualService());
      if (target == null) {
        report.warn(
            policy.target().place(),
            "no document defines VirtualService " + policy.virtualService());
      } else if (!inUse.contains(policy.metadata().qualifiedName()) && target.holds(options)) {
        checkUnused(policy, target);
      }
    }
  }

  private void checkUnused(MirrorPolicy policy, VirtualService target) {
    String of = " of VirtualService " + policy.virtualService();
    boolean hasSection =
        policy
            .section()
            .map(
                section ->
                    target.http().stream().anyMatch(route -> route.name().equals(section.name())))
            .orElse(true);
    if (!hasSection) {
      policy
          .section()
          .ifPresent(section -> report.warn(section.place(), section.name() + " is no route" + of));
    } else if (!claimsOneOf(policy, target)) {
      report.warn(
          policy.mirror().map(MirrorPolicy.MirrorRef::place).orElse(policy.target().place()),
          "no such mirror" + of + ", so this policy is for nothing");
    }
  }

  /** A delegate's mirrors are asked for where something delegates to it. */
  private static boolean claimsOneOf(MirrorPolicy policy, VirtualService target) {
    for (HttpRoute route : target.http()) {
      for (MirrorRule rule : route.mirrors().rules()) {
        if (policy.claims(route.name(), rule.destination())) {
          return true;
        }
      }
    }
    return false;
  }
}
