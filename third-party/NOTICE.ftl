Espejo
Copyright 2026 The Espejo authors

Espejo is licensed under the Apache License 2.0: META-INF/LICENSE.

This archive also holds what follows, with the licences that its POM lists: to choose from, or
those of its parts, as its own notice says. Texts and notices are in META-INF/licenses or in the
jar itself; that of Apache-2.0 is META-INF/LICENSE.

<#list dependencyMap as entry>
<#assign project = entry.getKey()>
${project.groupId}:${project.artifactId}:${project.version} (<#list entry.getValue() as license>${license}<#sep>, </#list>)
</#list>
