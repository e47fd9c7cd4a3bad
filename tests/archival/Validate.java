import java.io.File;
import java.util.Map;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Validates each file against PDF/A-3a and PDF/UA-1; a line for each rule that one breaks, and how often. */
public class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour[] standards = {PDFAFlavour.PDFA_3_A, PDFAFlavour.PDFUA_1};
        for (String file : files) {
            for (PDFAFlavour standard : standards) {
                Map<String, Integer> broken = new TreeMap<>();
                try (PDFAParser parser = Foundries.defaultInstance().createParser(new File(file), standard);
                        PDFAValidator validator = Foundries.defaultInstance().createValidator(standard, false)) {
                    ValidationResult found = validator.validate(parser);
                    for (TestAssertion one : found.getTestAssertions()) {
                        String rule = one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber();
                        broken.merge(rule + " " + one.getMessage(), 1, Integer::sum);
                    }
                    if (!found.isCompliant() && broken.isEmpty()) {
                        broken.put("is not compliant, and no rule says why", 1);
                    }
                }
                for (Map.Entry<String, Integer> one : broken.entrySet()) {
                    System.out.println("broken\t" + file + "\t" + standard + "\t" + one.getValue() + "\t" + one.getKey());
                }
            }
            System.out.println("checked\t" + file);
        }
    }
}
