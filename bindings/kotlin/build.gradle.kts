// The Android library (AAR). **Not built by this project's tests**: they have no Android SDK, no NDK and no way to Google's repository.
// What they do check: the same sources compile and run on a JVM (pom.xml), `src/android` compiles against the platform's API, nothing
// newer than Android 8 is asked for (profile `android-check`), the consumer rules are enough for a shrinker (profile `shrink-check`).
//
// First, from the root of the repository: `cargo xtask build-android`. It generates the sources and puts libamparo.so for four ABIs into
// src/main/jniLibs, linked for pages of 16 KB (`-Wl,-z,max-page-size=16384`), which it reads again from each file. Then, with a Gradle of
// version 8.13 or later: `gradle assembleRelease`.

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.2.21"
}

group = "org.amparo"
version = "0.1.0"

/** What `cargo xtask bindings` and `build-android` generate: package org.amparo.core. */
val generated = file("../../target/bindings/kotlin")

android {
    namespace = "org.amparo.android"
    compileSdk = 36

    defaultConfig {
        // java.time, and descriptors that seek (`openEvidence`).
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets["main"].java.srcDirs("src/main/kotlin", "src/android/kotlin", generated)

    packaging {
        // Libraries lie uncompressed and page-aligned in the APK and are loaded from there, which pages of 16 KB ask for. An app decides
        // this for itself: it must not set `useLegacyPackaging` (or `extractNativeLibs` in its manifest) to true.
        jniLibs.useLegacyPackaging = false
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }

    publishing {
        singleVariant("release") { withSourcesJar() }
    }
}

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_17
    }
}

dependencies {
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.10.2")
    // The `aar` has JNA's own native library for Android, aligned to 16 KB since 5.17.
    implementation("net.java.dev.jna:jna:5.18.1@aar")
}

/** Without them the AAR builds all the same, and every app with it fails at the first call. */
val nativeLibraries by tasks.registering {
    val libraries = listOf("arm64-v8a", "armeabi-v7a", "x86_64", "x86").map { file("src/main/jniLibs/$it/libamparo.so") }
    val sources = generated
    doLast {
        val missing = libraries.filterNot { it.isFile } + listOf(sources).filterNot { it.isDirectory }
        if (missing.isNotEmpty()) throw GradleException("run `cargo xtask build-android` first: there is no $missing")
    }
}

tasks.named("preBuild") { dependsOn(nativeLibraries) }
