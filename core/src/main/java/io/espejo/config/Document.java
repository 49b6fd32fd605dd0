package io.espejo.config;

/** A document that this version carries out, as the user wrote it. */
sealed interface Document
    permits VirtualService, DestinationRule, ServiceEntry, WorkloadEntry, MirrorPolicy {
  Metadata metadata();
}
