// The build for Android is not run here, so what can be said of its files is: they name what the build that is run names.
package org.amparo

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory

internal class BuildFilesTest {
    private val maven = File("pom.xml").readText()
    private val gradle = File("build.gradle.kts").readText()

    private fun property(name: String) = Regex("<$name>(.*?)</$name>").find(maven)!!.groupValues[1]

    private fun gradle(pattern: String) = Regex(pattern).find(gradle)?.groupValues?.get(1)

    @Test
    fun bothBuildsNameTheSameVersions() {
        assertEquals(property("kotlin.version"), gradle("""kotlin\.android"\) version "([^"]+)""""))
        assertEquals(property("coroutines.version"), gradle("""kotlinx-coroutines-core:([^"]+)""""))
        assertEquals(property("jna.version"), gradle("""jna:jna:([^@"]+)@aar"""))
        assertEquals(property("kotlin.compiler.jvmTarget"), gradle("""JvmTarget\.JVM_(\d+)"""))
        assertEquals(
            Regex("<artifactId>amparo-kotlin</artifactId>\\s*<version>(.*?)<").find(maven)!!.groupValues[1],
            gradle("""version = "([^"]+)""""),
        )
        // Android 16 is API 36.
        assertEquals(property("android.version").substringBefore('-').toInt() + 20, gradle("""compileSdk = (\d+)""")!!.toInt())
        assertEquals(Regex("gummy-bears-api-(\\d+)").find(maven)!!.groupValues[1], gradle("""minSdk = (\d+)"""))
    }

    @Test
    fun jnaIsOneThatLoadsWithPagesOf16Kb() {
        val (major, minor) = property("jna.version").split('.').map(String::toInt)
        assertTrue(major > 5 || (major == 5 && minor >= 17))
        assertTrue("useLegacyPackaging = false" in gradle)
    }

    @Test
    fun theLibraryAsksForNoPermission() {
        val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(File("src/main/AndroidManifest.xml"))
        assertEquals("manifest", manifest.documentElement.tagName)
        assertEquals(0, manifest.documentElement.getElementsByTagName("*").length)
    }
}
