#pragma once

#include <string>
#include <vector>

#include "proto/file.pb.h"
#include "proto/talkbeat.pb.h"
#include "tools/client/file_offer.h"

namespace talkbeat {

/// What the PDUs about files say, in the client library's words. Pure functions.

FileOffer offer_in(const IM::File::IMFileNotify& notify, bool tls);
/// What waits at the server for `user`.
std::vector<FileOffer> offers_in(const IM::File::IMFileHasOfflineRsp& answer, uint32_t user, bool tls);

/// A `result_code`: "they are not online". Never empty; for one that is not known its number.
std::string words_for_result(uint32_t result_code);
/// A result_code of a file's own connection (FileServerError).
std::string words_for_file_error(uint32_t result_code);

/// The same may succeed in a moment.
bool is_for_the_moment(const TbError& error);
bool is_for_the_moment(uint32_t result_code);

}  // namespace talkbeat
