// Where a vault lives on Android.
// Compiled by Gradle, and against the platform's API by Maven's profile `android-check`; not run by the tests.
package org.amparo.android

import android.content.Context
import java.io.File

/**
 * The folder for the app's vault of this [name]: private to the app, and never part of a backup or of a transfer to another device. A
 * backup is a copy that its owner cannot take back.
 */
public fun Context.vaultFolder(name: String = "vault"): File = File(noBackupFilesDir, name)
