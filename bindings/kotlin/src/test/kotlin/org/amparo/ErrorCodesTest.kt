// Every number is listed, and every exception of every topic carries its number and a text.
package org.amparo

import org.amparo.core.EvidenceException
import org.amparo.core.IncidentException
import org.amparo.core.VaultException
import org.amparo.core.errorCodes
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

internal class ErrorCodesTest {
    @TempDir
    lateinit var folder: Path

    private val listed = errorCodes()

    /** Exceptions of the core's that carry a number: one class a topic, with a nested one a case. */
    private val topics: List<Class<*>> by lazy {
        val classes = Path.of(VaultException::class.java.protectionDomain.codeSource.location.toURI()).resolve("org/amparo/core")
        Files.list(classes).use { files ->
            files.map { it.fileName.toString() }.filter { it.endsWith("Exception.class") && '$' !in it }.toList()
        }.map { Class.forName("org.amparo.core." + it.removeSuffix(".class")) }
            .filter { topic -> topic.declaredClasses.any { case -> case.declaredFields.any { it.name == "code" } } }
            .sortedBy { it.simpleName }
    }

    private fun casesOf(topic: Class<*>) = topic.declaredClasses.filter { topic.isAssignableFrom(it) }

    /** Any case, with [code] and [text] where it has those and something in every other field. */
    private fun make(case: Class<*>, code: Int, text: String): Throwable {
        val constructor = case.declaredConstructors.minBy { it.parameterCount }.also { it.isAccessible = true }
        var numbers = 0
        var texts = 0
        val arguments = constructor.parameterTypes.map<Class<*>, Any> { type ->
            when (type) {
                Int::class.javaPrimitiveType -> if (numbers++ == 0) code else 7
                Long::class.javaPrimitiveType -> 7L
                String::class.java -> if (texts++ == 0) text else "other"
                else -> error("$case has a ${type.simpleName}")
            }
        }
        return constructor.newInstance(*arguments.toTypedArray()) as Throwable
    }

    @Test
    fun theListIsInOrderAndEachHasANameAndAText() {
        assertTrue(listed.size > 100, "${listed.size} numbers")
        assertEquals(listed.map { it.code }.distinct().sorted(), listed.map { it.code })
        assertEquals(listed.size, listed.map { it.name }.toSet().size)
        for (entry in listed) {
            assertTrue(Regex("[a-z][a-z0-9_]*").matches(entry.name), entry.name)
            assertTrue(entry.text.isNotBlank(), entry.name)
        }
    }

    @Test
    fun theLayersOwnNumbersAreListed() {
        listOf(ARGUMENT, CAPTURE_OVER, READER_CLOSED, 103u, 124u, 316u, 322u, 622u, 628u).forEach { code ->
            assertTrue(listed.any { it.code == code }, "$code is listed")
        }
        assertEquals("vault_locked", listed.single { it.code == 103u }.name)
    }

    @Test
    fun everyCaseOfEveryTopicSaysItsNumberAndText() {
        assertTrue(topics.size >= 8, topics.toString())
        for (topic in topics) {
            assertTrue(casesOf(topic).size >= 7, "$topic")
            for (case in casesOf(topic)) {
                val thrown = make(case, 4711, "the text")
                assertEquals(AmparoError(4711u, "the text"), thrown.amparoError, "$case")
                assertTrue("the text" in thrown.message.orEmpty(), "$case has a message that can be read")
                assertEquals(4711u, java.io.IOException("around it", thrown).amparoCode, "as a cause")
            }
        }
    }

    @Test
    fun otherExceptionsSayNothing() {
        assertNull(IllegalStateException("of the app's").amparoError)
        assertNull(Exception(Exception("deep")).amparoText)
        val (first, second) = Exception("first") to Exception("second")
        first.initCause(second)
        second.initCause(first)
        assertNull(first.amparoCode, "a chain of causes that goes round has an end")
    }

    @Test
    fun whatIsReallyThrownIsListed() = scenario {
        val thrown = mutableListOf<Throwable>()
        thrown += thrownBy<VaultException> { AmparoVault.unlock(folder.toFile(), passphrase()) }
        newVault(folder).use { vault ->
            thrown += thrownBy<VaultException> { unlock(folder) }
            thrown += thrownBy<IncidentException> { vault.incidents.get("not an id") }
            thrown += thrownBy<IncidentException> { vault.incidents.create("") }
            thrown += thrownBy<IncidentException> { vault.incidents.list(limit = 5u, after = "not a cursor") }
            val long = thrownBy<IncidentException.Invalid> { vault.incidents.create("x".repeat(2_000_000)) }
            assertEquals("narrative", long.field)
            assertTrue(long.limit > 0uL)
            thrown += long
            thrown += thrownBy<EvidenceException.SourceMissing> { vault.evidence.importFile(folder.resolve("missing").toFile()) }
            thrown += thrownBy<EvidenceException.SourceNotAFile> { vault.evidence.importFile(folder.toFile()) }
            thrown += thrownBy<EvidenceException.NotFound> { vault.evidence.get("00112233445566778899aabbccddeeff") }
            thrown += thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(1) }
            thrown += thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(999_999) }
        }
        for (failure in thrown) {
            val said = failure.amparoError
            assertTrue(listed.any { it.code == said?.code }, failure.toString())
            assertTrue(said!!.text.isNotBlank() && folder.toString() !in said.text, failure.toString())
        }
    }
}
