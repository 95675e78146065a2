// The `amparo` command at work for the scenarios: it opens what was sealed, signs packs, and makes desks' cards.
package org.amparo

import org.amparo.core.Clock
import org.amparo.core.ClockReading
import org.amparo.core.ClockTrust
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.util.concurrent.TimeUnit

/** Runs the command, which must succeed, and gives what it printed. */
internal fun amparo(vararg arguments: Any): String {
    val command = File(System.getProperty("amparo.cli") ?: System.getenv("AMPARO_CLI") ?: "amparo")
    assertTrue(command.canExecute(), "the amparo command is not at $command: build it with `cargo build -p amparo-cli`")
    val said = Files.createTempFile("amparo", ".said").toFile()
    val complained = Files.createTempFile("amparo", ".complained").toFile()
    try {
        val process = ProcessBuilder(listOf(command.path) + arguments.map { it.toString() })
            .redirectOutput(said).redirectError(complained).start()
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the command ends")
        assertEquals(0, process.exitValue(), said.readText() + complained.readText())
        return said.readText()
    } finally {
        said.delete()
        complained.delete()
    }
}

/** A member of the object that the command printed as JSON, where its value is a text. */
internal fun String.member(name: String): String = Regex("\"$name\": ?\"([^\"]*)\"").find(this)!!.groupValues[1]

/** Who publishes packs, with a key of their own. */
internal class PackPublisher(private val folder: Path) {
    private val keyFile = folder.resolve("publisher.key")

    /** The public key, as an app has it in its code. */
    val key: String = amparo("pack", "keygen", "--output", keyFile, "--json").member("publisher")

    /** The pack that these sources make, signed. */
    fun publish(sources: File): ByteArray {
        val (unsigned, signed) = Files.createTempFile(folder, "pack", ".unsigned") to Files.createTempFile(folder, "pack", ".signed")
        listOf(unsigned, signed).forEach(Files::delete)
        // A day on which no advice of the sources is out of date, whenever this runs.
        amparo("pack", "build", sources, "--output", unsigned, "--on", "2026-11-24")
        amparo("pack", "sign", unsigned, "--key", keyFile, "--output", signed)
        return Files.readAllBytes(signed)
    }
}

/** The project's own starter pack, signed by publishers of these tests. Built once, because it has hundreds of texts. */
internal object Starter {
    const val ID: String = "amparo.starter"

    private val sources = File("../../packs/starter")
    private val folder by lazy { Files.createTempDirectory("amparo-packs").also { it.toFile().deleteOnExitWithAllInIt() } }

    private fun publisher(name: String) = PackPublisher(Files.createDirectory(folder.resolve(name)))

    val publisher: PackPublisher by lazy { publisher("publisher") }
    val other: PackPublisher by lazy { publisher("other") }

    /** Version 1, as it is in the sources. */
    val first: ByteArray by lazy { publisher.publish(sources) }

    /** The same, signed by somebody else. */
    val ofOther: ByteArray by lazy { other.publish(sources) }

    /** As a version 2 might be: one item says something else in English, and one is gone. */
    val update: ByteArray by lazy {
        publisher.publish(
            changed("update") { name, text ->
                val gone = "[[sections.items]]\nid = \"arrest.medicine\"\npriority = \"normal\"\n"
                val tombstone = "[[tombstones]]\nitem = \"arrest.medicine\"\nremoved_in = 2\nreplaced_by = \"arrest.doctor\"\n\n[lint]\n"
                when {
                    name == "pack.toml" -> text.with("version = 1\n", "version = 2\n").with("[lint]\n", tombstone)

                    name == "checklists/arrest.toml" -> text.with(gone, "")

                    name.startsWith("text/") && name.endsWith("/arrest.toml") -> {
                        val left = text.with(Regex("\\[item.\"arrest.medicine\"][^\\[]*").find(text)!!.value, "")
                        if (name.startsWith("text/en/")) left.with("Learn by heart the number", "Know by heart the number") else left
                    }

                    else -> text
                }
            },
        )
    }

    /** What a form with limits says, by its language. */
    val LIMITED: Map<String, String> = mapOf(
        "en" to "They take little.",
        "es" to "Reciben poco.",
        "fr" to "Ils prennent peu.",
        "ar" to "يأخذون القليل.",
        "ru" to "Принимают немного.",
    )

    /** As version 1, with [limits] (TOML) in a form, and a text that says so. */
    fun limited(form: String, limits: String): ByteArray = publisher.publish(
        changed("limited-$form") { name, text ->
            when {
                name == "forms/$form.toml" -> "$text\n[limits]\n$limits\n"

                name.startsWith("text/") && name.endsWith("/_forms.toml") ->
                    LIMITED.getValue(name.substring(5, 7)).let { said ->
                        "$text\n[form.\"$form.limits\"]\ntext = \"$said\"\nwhy = \"$said 1 MiB.\"\n"
                    }

                else -> text
            }
        },
    )

    private fun changed(name: String, change: (String, String) -> String): File {
        val copy = folder.resolve(name).toFile()
        for (file in sources.walk().filter { it.isFile }) {
            val relative = file.relativeTo(sources).invariantSeparatorsPath
            copy.resolve(relative).apply { parentFile.mkdirs() }.writeText(change(relative, file.readText()))
        }
        return copy
    }

    /** Replaces what must be there: a change of the sources is noticed here and not in a scenario. */
    private fun String.with(from: String, to: String): String = also { assertTrue(from in it, from) }.replace(from, to)

    private fun File.deleteOnExitWithAllInIt() = Runtime.getRuntime().addShutdownHook(Thread { deleteRecursively() })
}

/** A clock that a scenario sets. */
internal class SetClock(@Volatile var time: Instant) : Clock {
    override fun now(): ClockReading = ClockReading(time, ClockTrust.Checked)

    fun forward(days: Long) {
        time += Duration.ofDays(days)
    }
}

/** A day on which the starter pack is valid. */
internal fun starterDay(): SetClock = SetClock(Instant.parse("2026-12-01T12:00:00Z"))

/** Accepts the publisher of the tests, and installs the starter pack. */
internal suspend fun installStarter(vault: AmparoVault) {
    vault.packs.acceptPublisher(Starter.publisher.key)
    vault.packs.install(Starter.first)
}
