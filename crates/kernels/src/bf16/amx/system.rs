//! Whether tiles may be used here.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::LazyLock;

/// Whether the processor has the instructions, and the system lends their registers.
pub fn is_available() -> bool {
    static AVAILABLE: LazyLock<bool> =
        LazyLock::new(|| has_instructions() && may_use_tile_registers());
    *AVAILABLE
}

fn has_instructions() -> bool {
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    // SAFETY: every x86-64 processor has the instruction. Later compilers need no `unsafe` here.
    #[allow(unsafe_code, unused_unsafe)]
    let features = unsafe { __cpuid_count(7, 0) }.edx;
    features & (BF16 | TILES) == BF16 | TILES
}

/// Linux keeps the 8 KB of these registers for a process that has asked for it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn may_use_tile_registers() -> bool {
    const ARCH_PRCTL: usize = 158;
    const ASK_FOR_REGISTERS: usize = 0x1023;
    const TILE_DATA: usize = 18;
    let answer: usize;
    // SAFETY: the call changes nothing but what may be used, and no memory of ours.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") ARCH_PRCTL => answer,
            in("rdi") ASK_FOR_REGISTERS,
            in("rsi") TILE_DATA,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer == 0
}

#[cfg(not(target_os = "linux"))]
fn may_use_tile_registers() -> bool {
    false
}
