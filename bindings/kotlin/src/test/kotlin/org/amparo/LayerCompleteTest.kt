// Whatever the core can do, this layer can: an operation that the core gains is missed here.
package org.amparo

import org.amparo.core.CaptureInterface
import org.amparo.core.ChecklistsInterface
import org.amparo.core.CustodyInterface
import org.amparo.core.EvidenceStoreInterface
import org.amparo.core.FormsInterface
import org.amparo.core.IncidentsInterface
import org.amparo.core.InterchangeInterface
import org.amparo.core.MediaReaderInterface
import org.amparo.core.PacksInterface
import org.amparo.core.QrAssemblerInterface
import org.amparo.core.RecipientsInterface
import org.amparo.core.RecordingReaderInterface
import org.amparo.core.ReportsInterface
import org.amparo.core.SearchInterface
import org.amparo.core.VaultInterface
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.File
import java.nio.file.Files
import java.nio.file.Path

internal class LayerCompleteTest {
    private val wrapped: Map<Class<*>, Class<*>> = mapOf(
        VaultInterface::class.java to AmparoVault::class.java,
        IncidentsInterface::class.java to VaultIncidents::class.java,
        EvidenceStoreInterface::class.java to VaultEvidence::class.java,
        CaptureInterface::class.java to EvidenceCapture::class.java,
        MediaReaderInterface::class.java to EvidenceReader::class.java,
        RecordingReaderInterface::class.java to EvidenceReader::class.java,
        ReportsInterface::class.java to VaultReports::class.java,
        InterchangeInterface::class.java to VaultInterchange::class.java,
        CustodyInterface::class.java to VaultCustody::class.java,
        SearchInterface::class.java to VaultSearch::class.java,
        PacksInterface::class.java to VaultPacks::class.java,
        ChecklistsInterface::class.java to VaultChecklists::class.java,
        RecipientsInterface::class.java to VaultRecipients::class.java,
        FormsInterface::class.java to VaultForms::class.java,
        QrAssemblerInterface::class.java to CardScanner::class.java,
    )

    /**
     * Objects of the core's that callers make themselves, or that the layer makes or uses for them. A pack of an app's is all in memory
     * once `openChecklistPack` gave it.
     */
    private val unwrapped = setOf("CancelTokenInterface", "ProgressInterface", "ChecklistPackInterface")

    /** Functions of the core's that may block, with what this layer has for each. */
    private val functions: Map<String, Pair<Class<*>, String>> = mapOf(
        "inspectVault" to (AmparoVault.Companion::class.java to "inspect"),
        "deskGenerateKey" to (AmparoDesk::class.java to "generateKey"),
        "deskOpen" to (AmparoDesk::class.java to "open"),
        "deskVerify" to (AmparoDesk::class.java to "verify"),
        "readCard" to (RecipientCards::class.java to "read"),
        "qrCodesOfCard" to (RecipientCards::class.java to "qrCodes"),
        "readQrPicture" to (RecipientCards::class.java to "readPicture"),
        "keyFileIsExposed" to (AmparoDesk::class.java to "keyFileIsExposed"),
        "stripToDescriptor" to (Class.forName("org.amparo.StrippingKt") to "stripMetadata"),
    )

    /** Those that neither block nor wait, so that they are used as they are. */
    private val pure = setOf(
        "acceptsMediaType",
        "codeLists",
        "errorCodes",
        "huridocsThesaurus",
        "readCustodyHead",
        "setLogSink",
        "thesaurusCsv",
        "verifyConsistencyProof",
        "verifyInclusionProof",
    )

    /** As written in Kotlin: unsigned arguments add a hash to a function's name, a property is a getter. */
    private fun names(type: Class<*>) =
        type.methods.map { it.name.substringBefore('-').removePrefix("get").replaceFirstChar(Char::lowercase) }.toSet()

    @Test
    fun everyOperationIsThere() {
        for ((core, layer) in wrapped) {
            assertEquals(emptySet<String>(), names(core) - names(layer), "of ${core.simpleName} missing in ${layer.simpleName}")
        }
    }

    @Test
    fun everyObjectIsThere() {
        val classes = Path.of(VaultInterface::class.java.protectionDomain.codeSource.location.toURI()).resolve("org/amparo/core")
        val objects = Files.list(classes).use { files ->
            files.map { it.fileName.toString().removeSuffix(".class") }
                // An object has an interface of its name beside it; what the generator needs for itself begins otherwise.
                .filter { it.endsWith("Interface") && !it.startsWith("Uniffi") && !it.startsWith("Ffi") }.toList()
        }
        assertEquals(wrapped.keys.map { it.simpleName }.toSet() + unwrapped, objects.toSet())
    }

    @Test
    fun everyFunctionIsThere() {
        val core = Class.forName("org.amparo.core.AmparoKt").declaredMethods
            .filter { java.lang.reflect.Modifier.isPublic(it.modifiers) && !it.isSynthetic && !it.name.startsWith("uniffi") }
            .map { it.name.substringBefore('-') }.toSet()
        // `use` is the generator's own, for objects of every kind.
        assertEquals(functions.keys + pure, core - "use")
        for ((name, place) in functions) {
            val (type, layers) = place
            assertTrue(type.methods.any { it.name.substringBefore('-') == layers }, "$name is ${type.simpleName}.$layers")
        }
    }

    /** Explicit visibility is asked for by the compiler, so every public declaration begins with `public`. */
    @Test
    fun everythingPublicIsDocumented() {
        val sources = File("src/main/kotlin").walk().filter { it.extension == "kt" }.toList() +
            File("src/android/kotlin").walk().filter { it.extension == "kt" }
        assertTrue(sources.size > 10, "run in the module's folder")
        for (source in sources) {
            val lines = source.readLines()
            assertTrue(lines.first().startsWith("// "), "${source.name} begins with what it is for")
            lines.forEachIndexed { number, line ->
                if (!line.trimStart().startsWith("public ")) return@forEachIndexed
                val before = lines.take(number).dropLastWhile { it.trimStart().startsWith("@") }.lastOrNull().orEmpty().trim()
                assertTrue(before.endsWith("*/"), "${source.name}:${number + 1} is documented: $line")
            }
        }
    }
}
