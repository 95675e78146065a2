//! What the host does for the core, because Rust cannot: a key in the secure element, a clock, a place for log lines. All of it is
//! synchronous, and none of it is called while a lock of the vault is held.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use amparo_core::{Stamp, SystemClock, Timestamp};
use zeroize::Zeroizing;

use crate::{convert::IntoCore as _, ids::ClockTrust};

/// A key in hardware that can be used but not read: StrongBox or the Trusted Execution Environment, the Secure Enclave.
#[uniffi::export(with_foreign)]
pub trait DeviceKey: Send + Sync {
    /// A stable id of this key: 16 bytes, not secret. It is recorded in the vault's header so that the right key is asked for.
    fn id(&self) -> Result<Vec<u8>, DeviceKeyError>;

    /// Maps `input` to 32 bytes that only this device can compute: the same for the same input, for ever. HMAC-SHA-256 with a key of
    /// the secure element does. Called once per unlock, off every lock; may block.
    fn stretch(&self, input: Vec<u8>) -> Result<Vec<u8>, DeviceKeyError>;
}

/// Why a device key did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Error)]
pub enum DeviceKeyError {
    /// The device's screen must be unlocked first.
    DeviceLocked,
    /// The key is not on this device: the vault was restored or copied, or the key was destroyed.
    KeyUnavailable,
    /// The secure element failed; trying again may work.
    Failed,
}

impl core::fmt::Display for DeviceKeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        amparo_core::DeviceKeyError::from(*self).fmt(f)
    }
}

impl std::error::Error for DeviceKeyError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for DeviceKeyError {
    // Whatever the host threw may carry anything: none of it is kept.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

impl From<DeviceKeyError> for amparo_core::DeviceKeyError {
    fn from(error: DeviceKeyError) -> Self {
        match error {
            DeviceKeyError::DeviceLocked => Self::DeviceLocked,
            DeviceKeyError::KeyUnavailable => Self::KeyUnavailable,
            DeviceKeyError::Failed => Self::Failed,
        }
    }
}

/// The host's device key as the vault asks for it. Its id is read once, before anything else is done.
pub(crate) struct HostDeviceKey {
    id: [u8; 16],
    key: Arc<dyn DeviceKey>,
}

impl HostDeviceKey {
    pub fn new(key: Arc<dyn DeviceKey>) -> Result<Self, amparo_core::DeviceKeyError> {
        let id = key.id()?.try_into().map_err(|_| amparo_core::DeviceKeyError::Failed)?;
        Ok(Self { id, key })
    }
}

impl amparo_core::DeviceKey for HostDeviceKey {
    fn id(&self) -> [u8; 16] {
        self.id
    }

    fn stretch(&self, pre: &[u8]) -> Result<Zeroizing<[u8; 32]>, amparo_core::DeviceKeyError> {
        let answer = Zeroizing::new(self.key.stretch(pre.to_vec())?);
        let answer = answer.as_slice().try_into().map_err(|_| amparo_core::DeviceKeyError::Failed)?;
        Ok(Zeroizing::new(answer))
    }
}

/// Tells the time, for a host that knows better than the operating system's clock alone.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// The time now. Where it throws, the operating system's clock is taken and marked as suspect.
    fn now(&self) -> Result<ClockReading, ClockError>;
}

/// What a clock says.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ClockReading {
    /// The time.
    pub time: SystemTime,
    /// How far it is trusted.
    pub trust: ClockTrust,
}

/// The clock has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Error)]
pub enum ClockError {
    /// No time can be told.
    Unavailable,
}

impl core::fmt::Display for ClockError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no time can be told")
    }
}

impl std::error::Error for ClockError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for ClockError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// The host's clock as the core asks for it.
pub(crate) struct HostClock(pub Arc<dyn Clock>);

impl amparo_core::Clock for HostClock {
    fn now(&self) -> Stamp {
        let read = || {
            let reading = self.0.now().ok()?;
            let time: Timestamp = reading.time.into_core().ok()?;
            Some(Stamp { time, clock: reading.trust.into_core().ok()? })
        };
        read().unwrap_or_else(|| Stamp {
            clock: amparo_core::ClockTrust::SUSPECT,
            ..amparo_core::Clock::now(&SystemClock)
        })
    }
}

/// How grave a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// What happens in every use: a vault was unlocked, locked.
    Info,
    /// A call failed for a reason that its caller is told.
    Warning,
    /// A defect in this library, or damage to what is stored.
    Error,
}

/// Takes log lines. There is nothing in them that a log may not hold: an operation's name, a number, and that number's fixed text. No
/// id, no path, no name, no size.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// One line. `operation` is for example `incidents.save`; `code` is 0 where nothing failed. What it throws is ignored.
    fn log(&self, level: LogLevel, operation: String, code: u32, text: String) -> Result<(), LogError>;
}

/// The sink could not take the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Error)]
pub enum LogError {
    /// The line is lost.
    Lost,
}

impl core::fmt::Display for LogError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the line is lost")
    }
}

impl std::error::Error for LogError {}

impl From<uniffi::UnexpectedUniFFICallbackError> for LogError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Lost
    }
}

static SINK: RwLock<Option<Arc<dyn LogSink>>> = RwLock::new(None);

/// Where log lines of this process go from now on; `None` (as it is at the start) for nowhere.
#[uniffi::export]
pub fn set_log_sink(sink: Option<Arc<dyn LogSink>>) {
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = sink;
}

/// Sends a line, outside of every lock of ours.
pub(crate) fn log(level: LogLevel, operation: &'static str, code: u32, text: &str) {
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(sink) = sink {
        let _ = sink.log(level, operation.to_owned(), code, text.to_owned());
    }
}
