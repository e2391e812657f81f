#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace talkbeat {

/// What one guess at a password costs, us and an attacker alike (Argon2id).
struct PasswordCost {
  uint64_t operations = 2;  ///< passes over the memory
  size_t memory_bytes = 16 << 20;
};

/// The hash that the store keeps, libsodium's `$argon2id$…` string, with a fresh salt. `secret` is what clients send
/// (base/wire_password.h), not what was typed. Takes tens of milliseconds and the cost's memory: never on an event
/// loop's thread. Empty where there was no memory. Any thread, as verify_password().
///
///   account.password_hash = hash_password(wire_password(typed), {});
///   const bool right = verify_password(account.password_hash, login.password());
std::string hash_password(std::string_view secret, const PasswordCost& cost);

/// False also for a hash that is none.
bool verify_password(std::string_view hash, std::string_view secret);

}  // namespace talkbeat
