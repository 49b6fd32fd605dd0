package io.espejo.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Tells by its kind what a document is, and collects those that are carried out. */
final class DocumentReader {
  private static final String NETWORKING = "networking.istio.io";
  private static final String OWN = "espejo.io";
  private static final String POLICY = "MirrorPolicy";
  private static final String KINDS =
      "VirtualService, DestinationRule, ServiceEntry or WorkloadEntry";
  private static final Set<String> VERSIONS = Set.of("v1", "v1beta1", "v1alpha3");
  private static final Set<String> OTHER_NETWORKING_KINDS =
      Set.of("Gateway", "Sidecar", "EnvoyFilter", "WorkloadGroup", "ProxyConfig");

  private final RulesOptions options;
  private final Report report;
  private final List<Document> documents = new ArrayList<>();
  private int count;

  DocumentReader(RulesOptions options, Report report) {
    this.options = options;
    this.report = report;
  }

  void read(Value document) {
    if (++count > YamlReader.MAX_DOCUMENTS) {
      throw new Report.OverLimit(
          document.place(), "more than " + YamlReader.MAX_DOCUMENTS + " documents in all files");
    }
    document.fields().ifPresent(this::read);
  }

  private void read(Fields fields) {
    Optional<Value> apiVersion = fields.need("apiVersion", NETWORKING + "/v1");
    Optional<Value> kind = fields.need("kind", KINDS);
    String version = apiVersion.flatMap(Value::text).orElse("");
    String name = kind.flatMap(Value::text).orElse("");
    if (version.isEmpty() || name.isEmpty()) {
      return;
    }
    int slash = version.indexOf('/');
    String group = slash < 0 ? "" : version.substring(0, slash);
    if (name.equals("List")
        || (name.endsWith("List") && (group.equals(NETWORKING) || group.equals(OWN)))) {
      fields.take("metadata");
      fields.list("items").forEach(this::read);
      fields.end();
    } else if (group.equals(NETWORKING)) {
      readNetworking(fields, apiVersion.get(), version.substring(slash + 1), kind.get(), name);
    } else if (group.equals(OWN)) {
      readOwn(fields, apiVersion.get(), version, kind.get(), name);
    } else if (!options.ignoreKinds().contains(name)) {
      if (group.endsWith(".istio.io")) {
        notCarriedOut(kind.get(), name);
      } else {
        kind.get().warn(name + " of " + version + " is no rule, and is skipped");
      }
    }
  }

  private static void notCarriedOut(Value kind, String name) {
    kind.error(name + " is not carried out by this version (the setting ignoreKinds skips it)");
  }

  private void readNetworking(
      Fields fields, Value apiVersion, String version, Value kind, String name) {
    if (!VERSIONS.contains(version)) {
      apiVersion.refuse(NETWORKING + "/v1, v1beta1 or v1alpha3");
    }
    switch (name) {
      case "VirtualService", "DestinationRule", "ServiceEntry", "WorkloadEntry" ->
          readDocument(fields, name);
      default -> {
        if (options.ignoreKinds().contains(name)) {
          return;
        }
        if (OTHER_NETWORKING_KINDS.contains(name)) {
          notCarriedOut(kind, name);
        } else {
          kind.refuse(KINDS);
        }
      }
    }
  }

  private void readOwn(Fields fields, Value apiVersion, String version, Value kind, String name) {
    if (options.ignoreKinds().contains(name)) {
      return;
    }
    if (!version.equals(OWN + "/v1")) {
      apiVersion.refuse(OWN + "/v1");
    }
    if (name.equals(POLICY)) {
      readDocument(fields, name);
    } else {
      kind.refuse(POLICY);
    }
  }

  private void readDocument(Fields fields, String kind) {
    Optional<Metadata> metadata = Metadata.read(kind, fields, options);
    Optional<Fields> spec = fields.need("spec", "a mapping").flatMap(Value::fields);
    fields.take("status");
    fields.end();
    // Without a name the rest is read all the same, so that its problems are reported with this
    // one.
    Place place = fields.owner().place();
    Metadata known = metadata.orElse(new Metadata(kind, options.namespace(), "", Map.of(), place));
    spec.flatMap(s -> readSpec(known, s))
        .filter(d -> metadata.isPresent())
        .ifPresent(documents::add);
  }

  private static Optional<Document> readSpec(Metadata metadata, Fields spec) {
    return switch (metadata.kind()) {
      case "VirtualService" -> Optional.of(VirtualService.read(metadata, spec));
      case "WorkloadEntry" -> WorkloadEntry.read(metadata, spec).map(Document.class::cast);
      case POLICY -> MirrorPolicy.read(metadata, spec).map(Document.class::cast);
      case "DestinationRule" -> DestinationRule.read(metadata, spec).map(Document.class::cast);
      default -> Optional.of(ServiceEntry.read(metadata, spec));
    };
  }

  /** The documents that stand: of several of one name, the one in the file that sorts last. */
  List<Document> standing() {
    Map<String, Document> standing = new LinkedHashMap<>();
    for (Document document : documents) {
      Metadata metadata = document.metadata();
      String key = metadata.kind() + " " + metadata.namespace() + "/" + metadata.name();
      // In the place of the one that was there first, as applying it anew would leave it.
      Document earlier = standing.put(key, document);
      if (earlier == null) {
        continue;
      }
      Place place = earlier.metadata().place();
      if (place.file().equals(metadata.place().file())) {
        report.error(metadata.place(), key + " is on line " + place.line() + " of this file too");
      } else {
        report.warn(place, key + " is overridden by " + metadata.place().file());
      }
    }
    return List.copyOf(standing.values());
  }
}
