#pragma once

#include <cstdint>
#include <string>

namespace talkbeat::load {

// Figures as a person reads them. Pure functions.

/// "1,234,567".
std::string grouped(uint64_t number);
/// Three digits that count: "0.42", "12.3", "1,234"; "0".
std::string three_digits(double number);
/// Nanoseconds in the unit that suits: "870 ns", "12.3 us", "4.56 ms", "1.2 s".
std::string latency_text(uint64_t ns);
/// Powers of 1024: "512 B", "1.5 KiB", "230 MiB".
std::string memory_text(uint64_t bytes);
/// "7 s", "3 min 20 s", "2 h 5 min".
std::string duration_text(double seconds);

}  // namespace talkbeat::load
