#pragma once

#include "tools/talkcheck/context.h"

// The behaviours, family by family; the table that names and explains them is in check_table.cpp. Each is a sequence
// that plays a peer and returns what it has measured, or throws Failed.
namespace talkbeat::check {

// silence_checks.cpp: who is silent is closed, who is not stays
Task<std::string> silent_pc_is_closed(Context& c);
Task<std::string> silent_mobile_is_closed(Context& c);
Task<std::string> beats_keep_alive(Context& c);
Task<std::string> any_pdu_keeps_alive(Context& c);
Task<std::string> probe_is_sent_and_an_answer_keeps(Context& c);
Task<std::string> unanswered_probe_closes(Context& c);

// deadline_checks.cpp: deadlines that no progress moves
Task<std::string> silent_stranger_is_closed(Context& c);
Task<std::string> beating_stranger_is_closed(Context& c);
Task<std::string> dripping_stranger_is_closed(Context& c);
Task<std::string> dripped_pdu_is_closed(Context& c);
Task<std::string> each_is_closed_at_its_own_time(Context& c);
Task<std::string> silent_asker_is_closed(Context& c);
Task<std::string> dripping_asker_is_closed(Context& c);

// ping_checks.cpp: heartbeats, and too many of them
Task<std::string> heartbeat_is_echoed(Context& c);
Task<std::string> status_comes_when_wanted(Context& c);
Task<std::string> early_pings_are_closed(Context& c);
Task<std::string> obeying_pinger_is_kept(Context& c);
Task<std::string> data_clears_strikes(Context& c);

// limit_checks.cpp: idle and old connections
Task<std::string> idle_client_is_closed(Context& c);
Task<std::string> busy_client_is_kept(Context& c);
Task<std::string> old_client_is_told_and_served(Context& c);
Task<std::string> ages_differ(Context& c);

// unread_checks.cpp: who does not read
Task<std::string> slow_reader_is_closed(Context& c);
Task<std::string> unacknowledging_client_is_closed(Context& c);
Task<std::string> half_open_client_is_closed(Context& c);

// goodbye_checks.cpp: nobody is closed without a word
Task<std::string> impossible_length_is_told(Context& c);
Task<std::string> three_faults_are_told(Context& c);
Task<std::string> second_login_kicks_the_first(Context& c);
Task<std::string> logout_is_answered(Context& c);

// link_checks.cpp: login_server's port for msg_servers
Task<std::string> link_stranger_is_closed(Context& c);
Task<std::string> link_stranger_may_say_nothing(Context& c);
Task<std::string> link_dripping_proof_is_closed(Context& c);
Task<std::string> link_wrong_key_is_refused(Context& c);
Task<std::string> link_silence_is_closed(Context& c);
Task<std::string> link_beats_keep_alive(Context& c);
Task<std::string> link_any_pdu_keeps_alive(Context& c);
Task<std::string> link_dripped_pdu_is_closed(Context& c);
Task<std::string> link_beats_come_at_the_interval(Context& c);
Task<std::string> link_traffic_suppresses_beats(Context& c);
Task<std::string> link_beats_are_not_answered(Context& c);

// stall_check.cpp: our own stall is not the peer's silence
Task<std::string> stopped_server_closes_nobody(Context& c);

}  // namespace talkbeat::check
