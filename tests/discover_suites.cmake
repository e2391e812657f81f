# talkbeat_discover_suites(TARGET TIMEOUT): one ctest entry for each suite of a GoogleTest executable. A process for each
# single test, as gtest_discover_tests has it, costs more under the sanitizers than most of the tests themselves.
#
# Each leaves a report of its tests in suites/ of the build directory: ctest's own knows the suite only, and a test that
# skips itself in it would pass for one that has run.
#
# The same file is the script that writes the list of suites, after each link:
#   cmake -DPROGRAM=… -DOUTPUT=… -DREPORTS=… -DTIMEOUT=… -P discover_suites.cmake

function(talkbeat_discover_suites target timeout)
  set(list ${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.cmake)
  add_custom_command(TARGET ${target} POST_BUILD
    BYPRODUCTS ${list}
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}> -DOUTPUT=${list} -DREPORTS=${CMAKE_BINARY_DIR}/suites
      -DTIMEOUT=${timeout} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    VERBATIM)
  # Where it was not built, ctest says so, and does not pass by in silence.
  set(included ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
  file(WRITE ${included}
    "if(EXISTS \"${list}\")\n  include(\"${list}\")\nelse()\n  add_test(${target}_NOT_BUILT ${target}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${included})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()

execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE output RESULT_VARIABLE failed TIMEOUT 60)
if(failed)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests: ${failed}")
endif()
# Lines without indent, up to the dot, are suites: "Pdu.", "Values/Limits.  # TypeParam = …".
string(REGEX MATCHALL "(^|\n)[A-Za-z0-9_/]+\\." suites "${output}")
if(NOT suites)
  message(FATAL_ERROR "${PROGRAM} has no tests")
endif()
set(script "")
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "[\n.]" "" suite "${suite}")
  string(REPLACE "/" "." report "${suite}")
  string(APPEND script
    "add_test([==[${suite}]==] \"${PROGRAM}\" [==[--gtest_filter=${suite}.*]==] --gtest_brief=1"
    " \"--gtest_output=xml:${REPORTS}/${report}.xml\")\n"
    "set_tests_properties([==[${suite}]==] PROPERTIES TIMEOUT ${TIMEOUT})\n")
endforeach()
file(WRITE ${OUTPUT} "${script}")
