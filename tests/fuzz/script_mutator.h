#pragma once

#include <cstdint>
#include <span>

namespace talkbeat::fuzz {

// A target whose input is a script links script_mutator.cpp, which defines libFuzzer's LLVMFuzzerCustomMutator and
// LLVMFuzzerCustomCrossOver: inputs are changed step by step, and bodies field by field, so that most PDUs get past the
// parser and into the handlers. A quarter of the changes knows nothing of all that, and damages bytes.

/// The target defines it: the commands that its server knows, which are tried more often than others.
std::span<const uint16_t> script_commands();

}  // namespace talkbeat::fuzz
