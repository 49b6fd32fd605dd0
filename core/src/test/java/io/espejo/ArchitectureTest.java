package io.espejo;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know whom: arrows only downwards. */
@AnalyzeClasses(packages = "io.espejo", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule rooms_knowOnlyThoseBelow =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("micrometer")
          .definedBy("io.espejo.micrometer")
          .layer("espejo")
          .definedBy("io.espejo")
          .layer("config")
          .definedBy("io.espejo.config")
          .layer("proxy")
          .definedBy("io.espejo.proxy")
          .layer("mirror")
          .definedBy("io.espejo.mirror")
          .layer("upstream")
          .definedBy("io.espejo.upstream")
          .layer("route")
          .definedBy("io.espejo.route")
          .layer("exchange")
          .definedBy("io.espejo.exchange")
          .whereLayer("micrometer")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("espejo")
          .mayOnlyBeAccessedByLayers("micrometer")
          .whereLayer("config")
          .mayOnlyBeAccessedByLayers("espejo")
          .whereLayer("proxy")
          .mayOnlyBeAccessedByLayers("espejo")
          .whereLayer("mirror")
          .mayOnlyBeAccessedByLayers("espejo")
          .whereLayer("upstream")
          .mayOnlyBeAccessedByLayers("espejo", "config", "proxy", "mirror")
          .whereLayer("route")
          .mayOnlyBeAccessedByLayers("espejo", "config", "proxy", "mirror", "upstream");

  @ArchTest
  static final ArchRule jetty_onlyWhereRequestsAreSent =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.espejo.upstream", "io.espejo.proxy", "io.espejo.mirror", "io.espejo.testkit..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.eclipse.jetty..");

  @ArchTest
  static final ArchRule micrometer_onlyInItsRoom =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.espejo.micrometer")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.micrometer..");

  @ArchTest
  static final ArchRule exchange_knowsOnlyTheJdk =
      noClasses()
          .that()
          .resideInAPackage("io.espejo.exchange")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("java..", "org.jspecify..", "io.espejo.exchange");

  @ArchTest
  static final ArchRule route_knowsOnlyTheJdkAndRe2 =
      noClasses()
          .that()
          .resideInAPackage("io.espejo.route")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..",
              "org.jspecify..",
              "com.google.re2j..",
              "io.espejo.exchange",
              "io.espejo.route");

  @ArchTest
  static final ArchRule noServletOrJaxRs_inCore =
      noClasses().should().dependOnClassesThat().resideInAPackage("jakarta..");
}
