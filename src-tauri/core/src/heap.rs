//! The memory of the process.

/// Heaps of the process: with one, threads that answer calls wait for each other.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const HEAPS: i32 = 2;

/// Lets all threads share two heaps: call it first, before there are threads. glibc otherwise keeps a heap for each thread and gives
/// little of it back, so that a large run takes three times the memory it needs. Elsewhere it does nothing.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: mallopt(3) has no precondition; it sets how many heaps are made from now on.
        #[allow(unsafe_code)]
        let _unknown_option_changes_nothing = unsafe { libc::mallopt(libc::M_ARENA_MAX, HEAPS) };
    }
}
